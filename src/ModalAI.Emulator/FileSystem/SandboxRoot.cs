using Microsoft.Win32.SafeHandles;

namespace ModalAI.Emulator.FileSystem;

/// <summary>
/// A sandbox's root directory, held open. All paths are resolved by the kernel as if this directory were <c>/</c>, with its links and
/// its <c>..</c>, so that no path leads out of the sandbox whatever the sandbox does meanwhile.
/// </summary>
internal sealed class SandboxRoot : IDisposable
{
    private const ulong Confined = Syscalls.ResolveInRoot | Syscalls.ResolveNoMagicLinks;
    private const ulong OneStep = Syscalls.ResolveBeneath | Syscalls.ResolveNoMagicLinks | Syscalls.ResolveNoSymlinks;

    private readonly SafeFileHandle _handle;
    private readonly int _failure;
    private readonly (uint UserId, uint GroupId) _owner;

    /// <summary>
    /// Opens the directory once and for all: a path such as <c>/proc/1234/root</c> may belong to another process later on.
    /// A directory that cannot be opened makes each operation fail.
    /// </summary>
    public SandboxRoot(string directory, (uint UserId, uint GroupId) owner)
    {
        _owner = owner;
        Users = IdentityMap.For(owner.UserId);
        Groups = IdentityMap.For(owner.GroupId);
        _failure = -Syscalls.OpenRoot(directory, out _handle);
    }

    public IdentityMap Users { get; }

    public IdentityMap Groups { get; }

    /// <summary>Makes the current thread act as the sandbox's root until the result is disposed.</summary>
    public SandboxIdentity Enter() => new(_owner.UserId, _owner.GroupId);

    public SafeFileHandle Open(SandboxPath path, int flags)
    {
        var result = TryOpen(path, flags, out var handle);
        return result == 0 ? handle : throw FileSystemException.FromErrno(-result, $"Opening '{path}'");
    }

    /// <exception cref="FileSystemException">The sandbox has ended.</exception>
    public int TryOpen(SandboxPath path, int flags, out SafeFileHandle handle) => TryOpen(path.ToBytes(), flags, resolve: 0, out handle);

    /// <summary>The same for a path in bytes that ends in NUL.</summary>
    /// <exception cref="FileSystemException">The sandbox has ended.</exception>
    public int TryOpen(ReadOnlySpan<byte> path, int flags, ulong resolve, out SafeFileHandle handle)
    {
        if (_failure != 0)
        {
            // A process that is gone shows as a missing entry of /proc.
            throw FileSystemException.FromErrno(_failure == Errno.NotFound ? Errno.NoProcess : _failure, "Opening the sandbox's root");
        }

        try
        {
            return Syscalls.Open(_handle, path, flags, mode: 0, Confined | resolve, out handle);
        }
        catch (ObjectDisposedException)
        {
            throw FileSystemException.FromErrno(Errno.NoProcess, "Opening a path");
        }
    }

    /// <summary>Opens a directory that entries are to be added to or removed from.</summary>
    public SafeFileHandle OpenForChange(SandboxPath path) => ForChange(Open(path, Syscalls.PathOnly | Syscalls.Directory));

    public SafeFileHandle ForChange(SafeFileHandle directory)
    {
        try
        {
            const int WritableByOthers = 2;
            Demand(GetStatus(directory), WritableByOthers);
            return directory;
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    /// <summary>Opens an entry of a directory, neither through a link nor upwards.</summary>
    public static int TryOpenEntry(
        SafeFileHandle directory, ReadOnlySpan<byte> name, int flags, out SafeFileHandle handle, uint mode = 0, ulong resolve = 0) =>
        Syscalls.Open(directory, name, flags | Syscalls.NoFollow, mode, OneStep | resolve, out handle);

    public static FileStatus GetStatus(SafeFileHandle handle)
    {
        var result = Syscalls.Status(handle, out var status);
        return result == 0 ? status : throw FileSystemException.FromErrno(-result, "Reading the status");
    }

    /// <summary>
    /// Removes an entry of a directory, but no mount point: the kernel minds the mounts of the caller's own namespace only, and would
    /// take a mount of the sandbox away with the name that it is on.
    /// </summary>
    public static int TryRemoveEntry(SafeFileHandle directory, ReadOnlySpan<byte> name, int flags)
    {
        var result = Syscalls.Status(directory, name, out var status);
        if (result == 0)
        {
            result = status.IsMountPoint ? -Errno.Busy : Syscalls.Remove(directory, name, flags);
        }

        return result;
    }

    /// <summary>Opens for reading what a handle stands for, where the sandbox's root may read it.</summary>
    public SafeFileHandle OpenToRead(SafeFileHandle handle, in FileStatus status, int flags)
    {
        DemandReadable(status);

        // Non-blocking: a process of the sandbox can hold a lease on the file, which would make this wait for it.
        var result = Syscalls.Reopen(handle, Syscalls.ReadOnly | Syscalls.NonBlocking | flags, out var opened);
        return result == 0 ? opened : throw FileSystemException.FromErrno(-result, "Opening to read");
    }

    /// <exception cref="FileSystemException">The sandbox's root may not read it.</exception>
    public void DemandReadable(in FileStatus status)
    {
        const int ReadableByOthers = 4;
        Demand(status, ReadableByOthers);
    }

    /// <summary>Where in the sandbox a handle is, links resolved, its bytes in the low halves of characters; null where the kernel does not tell.</summary>
    public string? PathOf(SafeFileHandle handle)
    {
        var root = Syscalls.HostPathOf(_handle)?.TrimEnd('/');
        return root is not null && Syscalls.HostPathOf(handle) is { } path && path.StartsWith(root, StringComparison.Ordinal)
            ? path[root.Length..] is { Length: > 0 } inside ? inside : "/"
            : null;
    }

    public void Dispose() => _handle.Dispose();

    /// <summary>
    /// Root of a sandbox is root over the sandbox's own users' files alone; of others, such as the files of /sys, it may do what anyone
    /// may. The kernel would grant an emulator that is root more than that.
    /// </summary>
    private void Demand(in FileStatus status, int permission)
    {
        var own = Users.Contains(status.UserId) && Groups.Contains(status.GroupId);
        if (Environment.IsPrivilegedProcess && !own && (status.Mode & permission) == 0)
        {
            throw FileSystemException.FromErrno(Errno.AccessDenied, "Access to a file of a user that the sandbox does not have");
        }
    }
}
