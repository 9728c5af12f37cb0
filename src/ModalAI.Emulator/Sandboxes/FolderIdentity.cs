using System.Text;
using Microsoft.Win32.SafeHandles;
using ModalAI.Emulator.FileSystem;
using ModalAI.Emulator.Server;

namespace ModalAI.Emulator.Sandboxes;

/// <summary>Which directory it is, by whatever path it is reached.</summary>
internal readonly record struct FolderIdentity(uint DeviceMajor, uint DeviceMinor, ulong Inode)
{
    private const uint NewFolderMode = 0x1ED; // rwxr-xr-x

    /// <summary>
    /// The directory at a path below a volume's, made where it is missing. Sandboxes write into the volume while this looks, so no link in it is ever
    /// followed: it could lead anywhere on this computer.
    /// </summary>
    public static FolderIdentity OfSubPath(string volumeDirectory, IReadOnlyList<string> segments)
    {
        Check(Syscalls.OpenRoot(volumeDirectory, out var folder), volumeDirectory);
        try
        {
            foreach (var segment in segments)
            {
                var next = OpenOrMake(folder, segment);
                folder.Dispose();
                folder = next;
            }

            return Of(folder, volumeDirectory);
        }
        finally
        {
            folder.Dispose();
        }
    }

    /// <summary>The directory that a sandbox has at an absolute path of its own.</summary>
    public static FolderIdentity OfSandbox(int initProcessId, string path)
    {
        Check(Syscalls.OpenRoot($"/proc/{initProcessId}/root", out var root), path);
        using (root)
        {
            Check(Syscalls.Open(root, Bytes(path), Syscalls.PathOnly | Syscalls.Directory, 0, Syscalls.ResolveInRoot, out var folder), path);
            using (folder)
            {
                return Of(folder, path);
            }
        }
    }

    private static SafeFileHandle OpenOrMake(SafeFileHandle folder, string segment)
    {
        var name = Bytes(segment);
        var result = Open(out var next);
        if (result == -Errno.NotFound)
        {
            next.Dispose();
            _ = Syscalls.MakeDirectory(folder, name, NewFolderMode);
            result = Open(out next);
        }

        Check(result, segment);
        return next;

        int Open(out SafeFileHandle opened)
            => Syscalls.Open(folder, name, Syscalls.PathOnly | Syscalls.Directory, 0, Syscalls.ResolveBeneath | Syscalls.ResolveNoSymlinks, out opened);
    }

    private static FolderIdentity Of(SafeFileHandle folder, string path)
    {
        Check(Syscalls.Status(folder, out var status), path);
        return new FolderIdentity(status.DeviceMajor, status.DeviceMinor, status.Inode);
    }

    private static void Check(int result, string path)
    {
        if (result < 0)
        {
            throw RpcFailedException.FailedPrecondition($"'{path}' in the sub path of a volume or bucket is not a directory that can be mounted (errno {-result}).");
        }
    }

    private static byte[] Bytes(string path) => Encoding.UTF8.GetBytes(path + '\0');
}
