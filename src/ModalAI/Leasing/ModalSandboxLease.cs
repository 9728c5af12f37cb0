namespace ModalAI;

/// <summary>A borrowed sandbox.</summary>
public sealed class ModalSandboxLease : IAsyncDisposable
{
    private readonly Func<ModalSandbox, ValueTask>? _release;
    private readonly ModalSandbox _sandbox;
    private int _disposed;

    /// <param name="sandbox">The sandbox.</param>
    /// <param name="release">What to do when the lease ends; it is bounded in time and throws nothing. Null for nothing.</param>
    internal ModalSandboxLease(ModalSandbox sandbox, Func<ModalSandbox, ValueTask>? release)
    {
        _sandbox = sandbox;
        _release = release;
    }

    /// <summary>The sandbox.</summary>
    /// <exception cref="ObjectDisposedException">The lease has ended.</exception>
    public ModalSandbox Sandbox
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed != 0, this);
            return _sandbox;
        }
    }

    /// <summary>Ends the lease. The first call terminates the sandbox or gives it back; it never throws, and takes no longer than <see cref="ModalClientOptions.TerminateTimeout"/>.</summary>
    public ValueTask DisposeAsync() =>
        Interlocked.Exchange(ref _disposed, 1) == 0 && _release is not null ? _release(_sandbox) : ValueTask.CompletedTask;
}
