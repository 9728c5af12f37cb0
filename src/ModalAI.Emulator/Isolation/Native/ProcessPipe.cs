using System.IO.Pipes;
using Microsoft.Win32.SafeHandles;

namespace ModalAI.Emulator.Isolation.Native;

/// <summary>A pipe of which a child gets one end and this process keeps the other. Disposing of it closes what was not taken.</summary>
internal sealed class ProcessPipe : IDisposable
{
    public ProcessPipe() => (Read, Write) = Descriptor.Pipe();

    public SafeFileHandle Read { get; }

    public SafeFileHandle Write { get; }

    public Stream TakeReading() => Take(PipeDirection.In, Read);

    public Stream TakeWriting() => Take(PipeDirection.Out, Write);

    public void Dispose()
    {
        Read.Dispose();
        Write.Dispose();
    }

    /// <summary>Pipe streams, unlike file streams, wait for a pipe without a thread.</summary>
    private static AnonymousPipeClientStream Take(PipeDirection direction, SafeFileHandle end)
    {
        var handle = new SafePipeHandle(end.DangerousGetHandle(), ownsHandle: true);
        end.SetHandleAsInvalid();
        return new AnonymousPipeClientStream(direction, handle);
    }
}
