using Microsoft.Win32.SafeHandles;

namespace ModalAI.Emulator.FileSystem;

/// <summary>MakeDirectory, and the parents of a file that is written. Call it as the sandbox's user.</summary>
internal static class DirectoryMaker
{
    private const uint Mode = 0x1ed; // 0755

    public static void Make(SandboxRoot root, SandboxPath path, bool parents)
    {
        if (parents)
        {
            OpenOrMake(root, path, ErrorKind.PathAlreadyExists).Dispose();
            return;
        }

        if (!path.HasLeaf)
        {
            throw AlreadyExists();
        }

        using var parent = root.OpenForChange(path.Parent);
        if (!TryMake(parent, path))
        {
            throw AlreadyExists();
        }
    }

    /// <summary>Opens a directory after making what is missing of it.</summary>
    /// <param name="root">The sandbox's root.</param>
    /// <param name="path">The directory.</param>
    /// <param name="inTheWay">The kind of error for something else that has the directory's name.</param>
    public static SafeFileHandle OpenOrMake(SandboxRoot root, SandboxPath path, ErrorKind inTheWay)
    {
        var result = TryOpen(root, path, out var handle);
        if (result == -Errno.NotFound)
        {
            foreach (var step in path.Steps())
            {
                MakeIfMissing(root, step);
            }

            result = TryOpen(root, path, out handle);
        }

        if (result == 0)
        {
            return handle;
        }

        // Something with the last name is there, be it a file or a link that leads nowhere; or else the fault lies further up.
        if (result is -Errno.NotDirectory or -Errno.NotFound
            && root.TryOpen(path, Syscalls.PathOnly | Syscalls.NoFollow, out var other) == 0)
        {
            other.Dispose();
            throw new FileSystemException(inTheWay, "The path already exists and is not a directory");
        }

        throw FileSystemException.FromErrno(-result, $"Making the directory '{path}'");
    }

    private static int TryOpen(SandboxRoot root, SandboxPath path, out SafeFileHandle handle) =>
        root.TryOpen(path, Syscalls.PathOnly | Syscalls.Directory, out handle);

    private static void MakeIfMissing(SandboxRoot root, SandboxPath path)
    {
        var result = TryOpen(root, path, out var handle);
        handle.Dispose();
        if (result == -Errno.NotFound && path.HasLeaf)
        {
            using var parent = root.OpenForChange(path.Parent);
            TryMake(parent, path);
        }
    }

    private static bool TryMake(SafeFileHandle parent, SandboxPath path)
    {
        var name = SandboxPath.ToBytes(path.Leaf);
        var result = Syscalls.MakeDirectory(parent, name, Mode);
        if (result is not (0 or -Errno.Exists))
        {
            throw FileSystemException.FromErrno(-result, $"Making the directory '{path}'");
        }

        // The emulator's own umask must not show in a sandbox.
        if (result == 0 && SandboxRoot.TryOpenEntry(parent, name, Syscalls.Directory, out var made, resolve: Syscalls.ResolveNoCrossDevice) == 0)
        {
            using (made)
            {
                if ((SandboxRoot.GetStatus(made).Mode & Mode) != Mode)
                {
                    _ = Syscalls.ChangeMode(made, Mode);
                }
            }
        }

        return result == 0;
    }

    private static FileSystemException AlreadyExists() => new(ErrorKind.PathAlreadyExists, "The path already exists");
}
