using ModalAI.Sandboxes;

namespace ModalAI;

/// <summary>The streams of the sandbox's own command, <see cref="ModalSandboxCreateOptions.Command"/>.</summary>
public sealed partial class ModalSandbox
{
    private readonly EntrypointCalls _entrypoint;
    private Stream? _standardInput;
    private Stream? _standardOutput;
    private Stream? _standardError;

    /// <summary>
    /// Standard input of the sandbox's own command. Each write returns when Modal has taken the bytes; disposing of the stream ends the input, and nothing else
    /// does. Modal takes writes by their place in the input, so only one client may write (RPC SandboxStdinWriteV2, SandboxStdinWrite).
    /// </summary>
    /// <exception cref="ObjectDisposedException">The sandbox was let go of.</exception>
    public Stream StandardInput => Open(ref _standardInput, () => new EntrypointInputStream(_entrypoint));

    /// <summary>
    /// Standard output of the sandbox's own command, from its first byte, also after its end. Nothing is asked for before the first read. Modal may keep the most
    /// recent part only: then a warning is logged, and the stream starts there. On V1 it is text, in which bytes that are none were replaced
    /// (RPC SandboxStdioReadV2, SandboxGetLogs). What commands of <see cref="ExecuteAsync(string, CancellationToken)"/> print is not in it.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The sandbox was let go of.</exception>
    public Stream StandardOutput => Open(ref _standardOutput, () => _entrypoint.OpenOutput(isError: false));

    /// <summary>Standard error of the sandbox's own command, likewise; empty where it has a terminal.</summary>
    /// <exception cref="ObjectDisposedException">The sandbox was let go of.</exception>
    public Stream StandardError => Open(ref _standardError, () => _entrypoint.OpenOutput(isError: true));

    private Stream Open(ref Stream? stream, Func<Stream> create)
    {
        ThrowIfDetached();
        return LazyInitializer.EnsureInitialized(ref stream, create);
    }

    /// <summary>Ends reads that are under way. The input stays open: the sandbox runs on.</summary>
    private async ValueTask CloseOutputsAsync()
    {
        if (_standardOutput is { } output)
        {
            await output.DisposeAsync().ConfigureAwait(false);
        }

        if (_standardError is { } error)
        {
            await error.DisposeAsync().ConfigureAwait(false);
        }
    }
}
