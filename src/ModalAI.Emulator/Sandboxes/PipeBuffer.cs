using System.IO.Pipes;
using ModalAI.Emulator.Isolation.Native;

namespace ModalAI.Emulator.Sandboxes;

/// <summary>
/// The kernel's buffer of a pipe. A wider one saves most of the switches between a process that prints much and the emulator that takes it; not so wide that
/// many pipes would use up what the kernel grants a user.
/// </summary>
internal static class PipeBuffer
{
    private const int SetPipeSize = 1031;
    private const int Size = 256 * 1024;

    /// <summary>Widens the buffer where that is allowed; a narrow one is only slower.</summary>
    public static void Widen(Stream stream)
    {
        if (stream is PipeStream pipe)
        {
            _ = Libc.Control(pipe.SafePipeHandle, SetPipeSize, Size);
        }
    }
}
