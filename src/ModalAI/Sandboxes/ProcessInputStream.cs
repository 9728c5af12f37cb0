using Google.Protobuf;

namespace ModalAI.Sandboxes;

/// <summary>Standard input of a command (RPC TaskExecStdinWrite). Of one that was started elsewhere, the router tells where the input goes on.</summary>
internal sealed class ProcessInputStream(ExecCalls calls, ExecHandle exec) : InputStream
{
    private bool _knowsOffset = !exec.IsAttached;

    protected override async Task SendAsync(ByteString data, bool endOfInput, CancellationToken cancellationToken)
    {
        // The end is taken wherever it stands.
        if (!_knowsOffset && !endOfInput)
        {
            Written = (long)(await calls.GetInputStatusAsync(exec, cancellationToken).ConfigureAwait(false)).NumBytesWritten;
            _knowsOffset = true;
        }

        await calls.WriteInputAsync(exec, Written, data, endOfInput, cancellationToken).ConfigureAwait(false);
    }
}
