using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ModalAI.Emulator.FileSystem;

/// <summary>An inotify instance that one thread waits for, and that others can wake.</summary>
internal sealed unsafe partial class Inotify : IDisposable
{
    public const uint Modify = 0x2;
    public const uint Attributes = 0x4;
    public const uint CloseWrite = 0x8;
    public const uint Opened = 0x20;
    public const uint MovedFrom = 0x40;
    public const uint MovedTo = 0x80;
    public const uint Created = 0x100;
    public const uint Deleted = 0x200;
    public const uint DeletedSelf = 0x400;
    public const uint MovedSelf = 0x800;
    public const uint Unmounted = 0x2000;
    public const uint Overflow = 0x4000;
    public const uint Ignored = 0x8000;
    public const uint IsDirectory = 0x40000000;

    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const short Readable = 1;

    private readonly SafeFileHandle _events;
    private readonly SafeFileHandle _wake;

    public Inotify()
    {
        _events = Open(Init(NonBlocking | CloseOnExec));
        try
        {
            _wake = Open(CreateEvent(0, NonBlocking | CloseOnExec));
        }
        catch
        {
            _events.Dispose();
            throw;
        }
    }

    /// <summary>Watches what a handle stands for; no name of the sandbox takes part. Gives the watch's number, or the negated error number.</summary>
    public int Add(SafeFileHandle target, uint mask)
    {
        var result = AddWatch(_events, $"/proc/self/fd/{target.DangerousGetHandle()}", mask);
        return result < 0 ? -Marshal.GetLastPInvokeError() : result;
    }

    public void Remove(int watch) => _ = RemoveWatch(_events, watch);

    /// <summary>Reads whole events; 0 when there are none.</summary>
    public int Read(Span<byte> buffer)
    {
        var count = ReadEvents(_events, buffer, (nuint)buffer.Length);
        return count >= 0 ? (int)count
            : Marshal.GetLastPInvokeError() is Errno.Again or Errno.Interrupted ? 0
            : throw FileSystemException.FromErrno(Marshal.GetLastPInvokeError(), "Reading changes");
    }

    /// <summary>Waits for events, or until somebody wakes it, or so long.</summary>
    public void Wait(int milliseconds)
    {
        var descriptors = stackalloc PollDescriptor[2]
        {
            new() { Descriptor = (int)_events.DangerousGetHandle(), Events = Readable, Returned = 0 },
            new() { Descriptor = (int)_wake.DangerousGetHandle(), Events = Readable, Returned = 0 },
        };
        _ = Poll(descriptors, 2, milliseconds);
        GC.KeepAlive(this);
    }

    /// <summary>Ends the present wait and all later ones.</summary>
    public void Wake()
    {
        ReadOnlySpan<byte> one = [1, 0, 0, 0, 0, 0, 0, 0];
        try
        {
            _ = WriteEvent(_wake, one, (nuint)one.Length);
        }
        catch (ObjectDisposedException)
        {
            // Nobody waits any more.
        }
    }

    public void Dispose()
    {
        _events.Dispose();
        _wake.Dispose();
    }

    private static SafeFileHandle Open(int descriptor)
    {
        const int TooManyFiles = 24;
        if (descriptor >= 0)
        {
            return new SafeFileHandle(descriptor, ownsHandle: true);
        }

        var error = Marshal.GetLastPInvokeError();
        throw error == TooManyFiles
            ? new FileSystemException(
                ErrorKind.Io, "The computer grants no more inotify instances, or open files; end other watches, or raise fs.inotify.max_user_instances")
            : FileSystemException.FromErrno(error, "Preparing to watch");
    }

    [LibraryImport("libc", EntryPoint = "inotify_init1", SetLastError = true)]
    private static partial int Init(int flags);

    [LibraryImport("libc", EntryPoint = "inotify_add_watch", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int AddWatch(SafeFileHandle inotify, string path, uint mask);

    [LibraryImport("libc", EntryPoint = "inotify_rm_watch", SetLastError = true)]
    private static partial int RemoveWatch(SafeFileHandle inotify, int watch);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial int CreateEvent(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint ReadEvents(SafeFileHandle file, Span<byte> buffer, nuint size);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteEvent(SafeFileHandle file, ReadOnlySpan<byte> bytes, nuint size);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(PollDescriptor* descriptors, nuint count, int milliseconds);

    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
