using ModalAI.Tools;

namespace ModalAI;

/// <summary>
/// Tools that share a sandbox for as long as a session lasts, such as a conversation or a connection. The first call borrows it, so that a session without
/// calls costs none; when it has ended meanwhile, a call says so and the next one has it replaced. <see cref="ModalSandboxTools.OpenSession"/> makes one.
/// </summary>
public sealed class ModalSandboxToolSession : IAsyncDisposable
{
    private readonly ResponseLease _lease;

    internal ModalSandboxToolSession(ModalSandboxTools tools)
    {
        _lease = new ResponseLease(tools.AcquireAsync);
        Tools = tools.ForResponse(tools.SourceOf(_lease, new ReplacementNotices(), SandboxLife.PerSession));
    }

    /// <summary>The functions. Calls fail with <see cref="ObjectDisposedException"/> when the session has ended.</summary>
    public ModalSandboxTools Tools { get; }

    /// <summary>
    /// Ends the session: gives the sandbox back, which with <see cref="ModalSandboxMode.NewPerInvocation"/> terminates it. One that is still being created
    /// is given up.
    /// </summary>
    public ValueTask DisposeAsync() => _lease.DisposeAsync();
}
