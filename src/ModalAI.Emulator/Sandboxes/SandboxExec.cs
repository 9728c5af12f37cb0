namespace ModalAI.Emulator.Sandboxes;

/// <summary>A command that was started in a sandbox, with what it printed; stays readable after its exit.</summary>
internal sealed class SandboxExec : IDisposable
{
    private readonly CancellationTokenSource _kill;
    private readonly IExecBody _body;

    /// <param name="id">The id that the client chose.</param>
    /// <param name="container">Where it runs.</param>
    /// <param name="input">The way to its standard input.</param>
    /// <param name="output">What it prints; null where the client wants none of it.</param>
    /// <param name="error">What it prints as errors; null where the client wants none of it.</param>
    /// <param name="start">Starts what runs; the token kills it.</param>
    /// <param name="timeout">After how long it is killed, if ever.</param>
    /// <param name="time">Measures the timeout.</param>
    public SandboxExec(
        string id,
        SandboxContainer container,
        StandardInput input,
        OutputSpool? output,
        OutputSpool? error,
        Func<CancellationToken, IExecBody> start,
        TimeSpan? timeout,
        TimeProvider time)
    {
        Id = id;
        Container = container;
        Input = input;
        Output = output;
        Error = error;
        _kill = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        try
        {
            _body = start(_kill.Token);
        }
        catch
        {
            Dispose();
            throw;
        }

        _kill.CancelAfter(timeout ?? Timeout.InfiniteTimeSpan);
        Exit = WaitForExitAsync();
        Drained = Task.WhenAll(Exit, _body.Drained);
    }

    public string Id { get; }

    public SandboxContainer Container { get; }

    public StandardInput Input { get; }

    public OutputSpool? Output { get; }

    public OutputSpool? Error { get; }

    public Task<ExecExit> Exit { get; }

    /// <summary>Ends when the command has exited and its outputs have ended, which a child that it left behind may delay.</summary>
    public Task Drained { get; }

    /// <summary>Bytes kept of its outputs.</summary>
    public long KeptBytes => (Output?.Length ?? 0) + (Error?.Length ?? 0);

    public void Kill() => _kill.Cancel();

    /// <summary>Forgets what it printed. Only for an exec that is drained.</summary>
    public void Dispose()
    {
        _kill.Dispose();
        Input.Dispose();
        Output?.Dispose();
        Error?.Dispose();
    }

    private async Task<ExecExit> WaitForExitAsync()
    {
        var code = await _body.Exit.ConfigureAwait(false);
        var wasKilled = _kill.IsCancellationRequested;
        Input.OnExited();
        _kill.CancelAfter(Timeout.InfiniteTimeSpan);
        return wasKilled && code == ExecExit.Killed.Code ? ExecExit.Killed : ExecExit.Exited(code);
    }
}
