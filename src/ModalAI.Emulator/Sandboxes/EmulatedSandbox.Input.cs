using ModalAI.Emulator.Server;

namespace ModalAI.Emulator.Sandboxes;

/// <summary>The standard input of the sandbox's own command.</summary>
internal sealed partial class EmulatedSandbox
{
    /// <summary>Writes to the entrypoint's standard input.</summary>
    public Task WriteInputAsync(ulong offset, ReadOnlyMemory<byte> data, bool eof, CancellationToken cancellationToken) =>
        WriteInputAsync(input => input.WriteAsync(offset, data, eof, cancellationToken));

    /// <summary>The same for writes that are numbered from 1 on; one that is repeated is taken once.</summary>
    public Task WriteInputByNumberAsync(uint number, ReadOnlyMemory<byte> data, bool eof, CancellationToken cancellationToken) => IsRunning
        ? WriteInputAsync(input => input.WriteByNumberAsync(number, data, eof, cancellationToken))
        : throw RpcFailedException.FailedPrecondition($"Sandbox {Id} has ended: nothing reads its standard input any more.");

    private async Task WriteInputAsync(Func<StandardInput, Task> write)
    {
        var entrypoint = Entrypoint
            ?? throw RpcFailedException.FailedPrecondition($"Sandbox {Id} was created without a command: nothing reads its standard input.");
        _idle?.Enter();
        try
        {
            await write(entrypoint.Input).ConfigureAwait(false);
        }
        finally
        {
            _idle?.Leave();
        }
    }
}
