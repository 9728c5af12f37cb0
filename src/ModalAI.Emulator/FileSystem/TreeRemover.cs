using Microsoft.Win32.SafeHandles;

namespace ModalAI.Emulator.FileSystem;

/// <summary>
/// Remove. Each directory is emptied through a handle and each entry is named in the directory that holds it, so that nothing that the
/// sandbox swaps or links meanwhile makes this leave the tree. Neither the depth nor the width of the tree costs memory.
/// </summary>
internal sealed class TreeRemover : IDisposable
{
    /// <summary>How many directories are held open; what lies deeper is moved up to the top first.</summary>
    private const int MaximumOpen = 128;

    /// <summary>How often a directory is read anew because entries were added to it meanwhile.</summary>
    private const int MaximumPasses = 16;

    private readonly SandboxRoot _root;
    private readonly SafeFileHandle _parent;
    private readonly List<Level> _levels = [];

    private TreeRemover(SandboxRoot root, SafeFileHandle parent)
    {
        _root = root;
        _parent = parent;
    }

    /// <summary>Removes a file, a link itself, or a directory. Call it as the sandbox's user.</summary>
    public static void Remove(SandboxRoot root, SandboxPath path, bool recursive, CancellationToken cancellationToken)
    {
        if (!path.HasLeaf)
        {
            throw new FileSystemException(
                ErrorKind.NotSupported,
                "The path does not name an entry of a directory: neither '/' nor a path that ends in '.' or '..' can be removed");
        }

        using var parent = root.OpenForChange(path.Parent);
        var name = SandboxPath.ToBytes(path.Leaf);
        var result = SandboxRoot.TryRemoveEntry(parent, name, flags: 0);
        if (result == -Errno.IsDirectory)
        {
            result = SandboxRoot.TryRemoveEntry(parent, name, Syscalls.RemoveDirectoryFlag);
        }

        if (result == -Errno.NotEmpty && recursive)
        {
            using var remover = new TreeRemover(root, parent);
            remover.Run(name, cancellationToken);
            return;
        }

        Check(result, $"Removing '{path}'");
    }

    public void Dispose() => _levels.ForEach(level => level.Directory.Dispose());

    private void Run(byte[] name, CancellationToken cancellationToken)
    {
        Check(TryDescend(_parent, name), "Opening the directory");
        while (_levels.Count > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var level = _levels[^1];
            if (!level.Entries.Read(out var entry, out var isDirectory))
            {
                Leave(level);
            }
            else if (isDirectory || !TryUnlink(level.Directory, entry))
            {
                Enter(level, entry);
            }
        }
    }

    private void Enter(Level level, ReadOnlySpan<byte> entry)
    {
        var result = _levels.Count == MaximumOpen ? TryMoveUp(level.Directory, entry) : TryDescend(level.Directory, entry);
        if (result is -Errno.NotDirectory or -Errno.Loop)
        {
            // It was a directory a moment ago.
            TryUnlink(level.Directory, entry);
            return;
        }

        CheckUnlessMissing(result, "Opening a directory");
    }

    private void Leave(Level level)
    {
        var above = _levels.Count > 1 ? _levels[^2].Directory : _parent;
        var result = SandboxRoot.TryRemoveEntry(above, level.Name, Syscalls.RemoveDirectoryFlag);
        if (result == -Errno.NotEmpty && level.Passes < MaximumPasses)
        {
            level.Passes++;
            level.Entries.Rewind();
            return;
        }

        CheckUnlessMissing(result, "Removing a directory");
        level.Directory.Dispose();
        _levels.RemoveAt(_levels.Count - 1);
    }

    private int TryDescend(SafeFileHandle directory, ReadOnlySpan<byte> name)
    {
        const int Flags = Syscalls.ReadOnly;
        var result = SandboxRoot.TryOpenEntry(
            directory, name, Flags | Syscalls.Directory, out var handle, resolve: Syscalls.ResolveNoCrossDevice);
        if (result == 0)
        {
            _root.ForChange(handle);
            _levels.Add(new Level(handle, name.ToArray()));
            MakeWritable(handle);
        }

        return result == -Errno.CrossesDevice ? -Errno.Busy : result;
    }

    /// <summary>Makes an entry one of the topmost directory, which is read anew before it is removed itself.</summary>
    private int TryMoveUp(SafeFileHandle directory, ReadOnlySpan<byte> name)
    {
        var result = Syscalls.Status(directory, name, out var status);
        if (result == 0 && status.IsMountPoint)
        {
            return -Errno.Busy;
        }

        var top = _levels[0];
        top.Passes = 0;
        return Syscalls.Rename(directory, name, top.Directory, SandboxPath.ToBytes($".modal-remove-{Guid.NewGuid():N}"));
    }

    /// <summary>
    /// A sandbox's root may empty a directory whatever its mode; where it is a plain user on this computer, that needs the mode changed.
    /// </summary>
    private static void MakeWritable(SafeFileHandle directory)
    {
        const uint OwnerOnly = 0x1c0; // 0700
        if (!Environment.IsPrivilegedProcess && (SandboxRoot.GetStatus(directory).Mode & OwnerOnly) != OwnerOnly)
        {
            _ = Syscalls.ChangeMode(directory, OwnerOnly);
        }
    }

    /// <summary>Removes anything but a directory; false if it is one.</summary>
    private static bool TryUnlink(SafeFileHandle directory, ReadOnlySpan<byte> name)
    {
        var result = SandboxRoot.TryRemoveEntry(directory, name, flags: 0);
        if (result == -Errno.IsDirectory)
        {
            return false;
        }

        CheckUnlessMissing(result, "Removing a file");
        return true;
    }

    private static void CheckUnlessMissing(int result, string call) => Check(result == -Errno.NotFound ? 0 : result, call);

    private static void Check(int result, string call)
    {
        if (result != 0)
        {
            throw FileSystemException.FromErrno(-result, call);
        }
    }

    private sealed class Level(SafeFileHandle directory, byte[] name)
    {
        public SafeFileHandle Directory { get; } = directory;

        public byte[] Name { get; } = name;

        public DirectoryReader Entries { get; } = new(directory);

        public int Passes { get; set; }
    }
}
