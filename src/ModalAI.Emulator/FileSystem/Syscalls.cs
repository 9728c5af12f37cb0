using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ModalAI.Emulator.FileSystem;

/// <summary>
/// The system calls of this folder, as thin as can be. All names are bytes that end in NUL, since a sandbox's file names need not be text.
/// A method returns 0 (or a count), or the negated error number.
/// </summary>
internal static unsafe partial class Syscalls
{
    public const int ReadOnly = 0;
    public const int WriteOnly = 1;
    public const int Create = 0x40;
    public const int Exclusive = 0x80;
    public const int NonBlocking = 0x800;
    public const int CloseOnExec = 0x80000;
    public const int PathOnly = 0x200000;

    public const ulong ResolveNoCrossDevice = 0x01;
    public const ulong ResolveNoMagicLinks = 0x02;
    public const ulong ResolveNoSymlinks = 0x04;
    public const ulong ResolveBeneath = 0x08;
    public const ulong ResolveInRoot = 0x10;

    public const int RemoveDirectoryFlag = 0x200;

    private const int EmptyPath = 0x1000;
    private const int NoFollowAt = 0x100;
    private const int NoAutomount = 0x800;
    private const uint BasicStatistics = 0x7ff;
    private const nint OpenAt2Number = 437;
    private const int MaximumTries = 256;

    private static readonly bool IsArm64 = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
    private static readonly nint GetDirectoryEntriesNumber = IsArm64 ? 61 : 217;

    public static int Directory { get; } = IsArm64 ? 0x4000 : 0x10000;

    public static int NoFollow { get; } = IsArm64 ? 0x8000 : 0x20000;

    /// <summary>openat2(2). A path that changes while the kernel walks it makes it say "again"; that is tried a limited number of times.</summary>
    public static int Open(SafeFileHandle directory, ReadOnlySpan<byte> path, int flags, uint mode, ulong resolve, out SafeFileHandle handle)
    {
        var how = new OpenHow { Flags = (ulong)(uint)(flags | CloseOnExec), Mode = mode, Resolve = resolve };
        var result = 0;
        for (var attempt = 0; attempt < MaximumTries; attempt++)
        {
            result = Result(OpenAt2(OpenAt2Number, directory, Terminated(path), &how, (nuint)sizeof(OpenHow)));
            if (result is not (-Errno.Again or -Errno.Interrupted))
            {
                break;
            }
        }

        handle = new SafeFileHandle(result, ownsHandle: result >= 0);
        return Math.Min(result, 0);
    }

    /// <summary>Opens again, for other use, what a handle stands for; no name of the sandbox takes part, so nothing can be swapped.</summary>
    public static int Reopen(SafeFileHandle handle, int flags, out SafeFileHandle reopened)
    {
        var path = $"/proc/self/fd/{handle.DangerousGetHandle()}";
        var result = -Errno.Interrupted;
        for (var attempt = 0; attempt < MaximumTries && result == -Errno.Interrupted; attempt++)
        {
            result = Result(OpenPath(path, flags | CloseOnExec));
        }

        reopened = new SafeFileHandle(result, ownsHandle: result >= 0);
        return Math.Min(result, 0);
    }

    /// <summary>Opens a directory of the host, following links: only for the root that the emulator itself names.</summary>
    public static int OpenRoot(string path, out SafeFileHandle handle)
    {
        var result = Result(OpenPath(path, PathOnly | Directory | CloseOnExec));
        handle = new SafeFileHandle(result, ownsHandle: result >= 0);
        return Math.Min(result, 0);
    }

    public static int Status(SafeFileHandle handle, out FileStatus status) =>
        Result(StatX(handle, "\0"u8, EmptyPath | NoAutomount, BasicStatistics, out status));

    /// <summary>What one name in a directory stands for, a symbolic link itself.</summary>
    public static int Status(SafeFileHandle directory, ReadOnlySpan<byte> name, out FileStatus status) =>
        Result(StatX(directory, Terminated(name), NoFollowAt | NoAutomount, BasicStatistics, out status));

    /// <summary>Reads a link by its name in a directory, or with an empty name the link that the handle stands for.</summary>
    public static int ReadLink(SafeFileHandle directory, ReadOnlySpan<byte> name, Span<byte> target) =>
        Result(ReadLinkAt(directory, Terminated(name), target, (nuint)target.Length));

    /// <summary>The path of what a handle stands for, as the kernel tells it: from the root of its own mount namespace. Its bytes are in the low halves of characters.</summary>
    public static string? HostPathOf(SafeFileHandle handle)
    {
        const int LongestPath = 4096;
        Span<byte> target = stackalloc byte[LongestPath];
        var count = (int)ReadLinkOf($"/proc/self/fd/{handle.DangerousGetHandle()}", target, (nuint)target.Length);
        return count is > 0 and < LongestPath && target[0] == (byte)'/' ? System.Text.Encoding.Latin1.GetString(target[..count]) : null;
    }

    public static int ReadDirectory(SafeFileHandle directory, Span<byte> entries) =>
        Result(GetDirectoryEntries(GetDirectoryEntriesNumber, directory, entries, (nuint)entries.Length));

    public static int Rewind(SafeFileHandle handle) => Result((nint)Seek(handle, 0, 0));

    public static int MakeDirectory(SafeFileHandle directory, ReadOnlySpan<byte> name, uint mode) =>
        Result(MakeDirectoryAt(directory, Terminated(name), mode));

    public static int Remove(SafeFileHandle directory, ReadOnlySpan<byte> name, int flags) =>
        Result(UnlinkAt(directory, Terminated(name), flags));

    public static int Rename(SafeFileHandle from, ReadOnlySpan<byte> name, SafeFileHandle to, ReadOnlySpan<byte> newName) =>
        Result(RenameAt(from, Terminated(name), to, Terminated(newName)));

    public static int ChangeMode(SafeFileHandle handle, uint mode) => Result(ChangeModeOf(handle, mode));

    private static int Result(nint value) => value < 0 ? -Marshal.GetLastPInvokeError() : (int)value;

    /// <summary>A name without its NUL would let the kernel read on in memory.</summary>
    private static ReadOnlySpan<byte> Terminated(ReadOnlySpan<byte> name) =>
        name is [.., 0] ? name : throw new ArgumentException("A name that is given to the kernel must end in NUL.", nameof(name));

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint OpenAt2(nint number, SafeFileHandle directory, ReadOnlySpan<byte> path, OpenHow* how, nuint size);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint GetDirectoryEntries(nint number, SafeFileHandle directory, Span<byte> entries, nuint size);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenPath(string path, int flags);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    private static partial int StatX(SafeFileHandle directory, ReadOnlySpan<byte> path, int flags, uint mask, out FileStatus status);

    [LibraryImport("libc", EntryPoint = "readlinkat", SetLastError = true)]
    private static partial nint ReadLinkAt(SafeFileHandle directory, ReadOnlySpan<byte> path, Span<byte> target, nuint size);

    [LibraryImport("libc", EntryPoint = "readlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint ReadLinkOf(string path, Span<byte> target, nuint size);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    private static partial long Seek(SafeFileHandle handle, long offset, int origin);

    [LibraryImport("libc", EntryPoint = "mkdirat", SetLastError = true)]
    private static partial int MakeDirectoryAt(SafeFileHandle directory, ReadOnlySpan<byte> path, uint mode);

    [LibraryImport("libc", EntryPoint = "unlinkat", SetLastError = true)]
    private static partial int UnlinkAt(SafeFileHandle directory, ReadOnlySpan<byte> path, int flags);

    [LibraryImport("libc", EntryPoint = "renameat", SetLastError = true)]
    private static partial int RenameAt(SafeFileHandle from, ReadOnlySpan<byte> path, SafeFileHandle to, ReadOnlySpan<byte> newPath);

    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    private static partial int ChangeModeOf(SafeFileHandle handle, uint mode);

    private struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }
}
