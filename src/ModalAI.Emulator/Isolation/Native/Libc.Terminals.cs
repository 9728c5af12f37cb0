using System.Runtime.InteropServices;

namespace ModalAI.Emulator.Isolation.Native;

/// <summary>What has to do with pseudo-terminals. The numbers are those of x64 and Arm64.</summary>
internal static unsafe partial class Libc
{
    public const int DuplicateCloseOnExec = 1030;

    private const nuint SetLock = 0x40045431;
    private const nuint OpenPeer = 0x5441;
    private const nuint SetSize = 0x5414;
    private const nuint GetAttributes = 0x5401;

    public static int UnlockTerminal(SafeHandle terminal)
    {
        var isLocked = 0;
        return TerminalControl(terminal, SetLock, &isLocked);
    }

    public static int SetTerminalSize(SafeHandle terminal, ushort rows, ushort columns)
    {
        var size = stackalloc ushort[4] { rows, columns, 0, 0 };
        return TerminalControl(terminal, SetSize, size);
    }

    public static int OpenTerminalPeer(SafeHandle terminal, int flags) => TerminalControl(terminal, OpenPeer, (void*)flags);

    /// <summary>The character that ends the input, where the terminal hands it on by lines; null where it does not, or is gone.</summary>
    public static byte? EndOfInput(SafeHandle terminal)
    {
        // struct termios of the kernel: four sets of flags, the line discipline, nineteen characters.
        const int LocalFlags = 3;
        const uint ByLines = 2;
        const int Characters = 17;
        const int EndOfFile = 4;
        var attributes = stackalloc uint[16];
        return TerminalControl(terminal, GetAttributes, attributes) == 0 && (attributes[LocalFlags] & ByLines) != 0
            ? ((byte*)attributes)[Characters + EndOfFile]
            : null;
    }

    /// <summary>Waits for bytes. 0 at the end; below 0 for an error.</summary>
    public static int Read(SafeHandle file, Span<byte> buffer)
    {
        const int Interrupted = 4;
        while (true)
        {
            var count = ReadBytes(file, buffer, (nuint)buffer.Length);
            if (count >= 0 || Marshal.GetLastPInvokeError() != Interrupted)
            {
                return (int)count;
            }
        }
    }

    public static int Write(SafeHandle file, ReadOnlySpan<byte> bytes)
    {
        const int Interrupted = 4;
        while (true)
        {
            var count = WriteBytes(file, bytes, (nuint)bytes.Length);
            if (count >= 0 || Marshal.GetLastPInvokeError() != Interrupted)
            {
                return (int)count;
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "fchown", SetLastError = true)]
    public static partial int ChangeOwner(SafeHandle file, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int TerminalControl(SafeHandle terminal, nuint request, void* argument);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint ReadBytes(SafeHandle file, Span<byte> buffer, nuint size);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteBytes(SafeHandle file, ReadOnlySpan<byte> bytes, nuint size);
}
