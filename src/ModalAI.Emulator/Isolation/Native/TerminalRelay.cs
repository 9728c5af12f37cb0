using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ModalAI.Emulator.Isolation.Native;

/// <summary>Moves bytes between a terminal and two pipes until the terminal has nobody on the other side, or the pipes have nobody here.</summary>
internal sealed class TerminalRelay(SafeFileHandle terminal, SafeFileHandle typed, SafeFileHandle printed)
{
    private const int BufferSize = 16 * 1024;
    private const int StackSize = 256 * 1024;

    private int _running;

    public void Start()
    {
        _running = 2;
        Run("ModalAI terminal input", Type);
        Run("ModalAI terminal output", Print);
    }

    public void DisposeUnlessStarted()
    {
        if (Volatile.Read(ref _running) == 0)
        {
            Close();
        }
    }

    private void Run(string name, Action move) =>
        new Thread(
            () =>
            {
                move();
                if (Interlocked.Decrement(ref _running) == 0)
                {
                    Close();
                }
            },
            StackSize)
        {
            IsBackground = true,
            Name = name,
        }.Start();

    private void Close()
    {
        terminal.Dispose();
        typed.Dispose();
        printed.Dispose();
    }

    private void Print()
    {
        var buffer = new byte[BufferSize];

        // An error is the end: nobody has the other side open any more.
        while (Libc.Read(terminal, buffer) is var count and > 0 && Write(printed, buffer.AsSpan(0, count)))
        {
        }

        printed.Dispose();
    }

    private void Type()
    {
        var buffer = new byte[BufferSize];
        var last = (byte)'\n';
        while (Libc.Read(typed, buffer) is var count and > 0)
        {
            if (!Write(terminal, buffer.AsSpan(0, count)))
            {
                break;
            }

            last = buffer[count - 1];
        }

        // The end of what is typed is a character too, where the program reads lines; within a line it takes two of them.
        if (Libc.EndOfInput(terminal) is { } end)
        {
            _ = Write(terminal, last == (byte)'\n' ? [end] : [end, end]);
        }

        typed.Dispose();
    }

    private static bool Write(SafeFileHandle target, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var count = Libc.Write(target, bytes);
            if (count < 0)
            {
                return false;
            }

            bytes = bytes[count..];
        }

        return true;
    }
}
