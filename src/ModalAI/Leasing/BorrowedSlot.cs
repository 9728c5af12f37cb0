using ModalAI.Diagnostics;
using ModalAI.Rpc;

namespace ModalAI.Leasing;

/// <summary>A sandbox that the application made itself and ends itself: it is used, and left alone.</summary>
/// <param name="sandbox">The sandbox.</param>
internal sealed class BorrowedSlot(ModalSandbox sandbox) : ISandboxSlot
{
    event EventHandler<ModalSandboxReplacement>? ISandboxSlot.Replaced
    {
        // Nothing takes its place.
        add { }
        remove { }
    }

    public ModalSandboxLifecycle Status { get; private set; } = ModalSandboxLifecycle.Running;

    public ModalSandboxReplacement? Replacement => null;

    public ModalSandbox? Current => sandbox;

    /// <summary>Asks whether it runs.</summary>
    public async Task<ModalSandbox> EnsureRunningAsync(CancellationToken cancellationToken)
    {
        if (await sandbox.PollAsync(cancellationToken).ConfigureAwait(false) is not { } exit)
        {
            return sandbox;
        }

        Status = ModalSandboxLifecycle.Error;
        throw ModalErrors.SandboxEnded(sandbox.Id, $"it {EndedSandbox.Describe(exit)}, and is not the library's to replace");
    }

    public void Doubt(string sandboxId)
    {
        // It is asked each time.
    }

    public Task StopAsync(CancellationToken cancellationToken) => throw NotOurs("stopped");

    public Task DestroyAsync(CancellationToken cancellationToken) => throw NotOurs("ended");

    public Task RestoreAsync(ModalImage image, CancellationToken cancellationToken) => throw NotOurs("replaced by one with other files");

    public Task ReleaseAsync() => Task.CompletedTask;

    private InvalidOperationException NotOurs(string what) =>
        new($"Sandbox {sandbox.Id} was adopted, so it can't be {what} through a lease. Do that with the sandbox itself.");
}
