namespace ModalAI.TestSupport;

/// <summary>A sandbox that is terminated when the test has ended with it.</summary>
public sealed class SandboxLifetime(ModalSandbox sandbox) : IAsyncDisposable
{
    /// <summary>The sandbox.</summary>
    public ModalSandbox Sandbox { get; } = sandbox;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await Sandbox.TerminateAsync(TestTimeout.Token);
}
