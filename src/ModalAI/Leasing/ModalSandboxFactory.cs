namespace ModalAI.Leasing;

/// <summary>The factory of one registration.</summary>
internal sealed class ModalSandboxFactory(ModalClient client, ModalSandboxOptions options) : IModalSandboxFactory
{
    private readonly ReusedSandbox? _reused = options.Mode == ModalSandboxMode.ReuseExisting ? new ReusedSandbox(client, options) : null;

    public async Task<ModalSandboxLease> AcquireAsync(CancellationToken cancellationToken)
    {
        if (_reused is not null)
        {
            return new ModalSandboxLease(await _reused.GetAsync(cancellationToken).ConfigureAwait(false), release: null);
        }

        var sandbox = await SandboxCreation.CreateAsync(client, options, cancellationToken).ConfigureAwait(false);
        return new ModalSandboxLease(sandbox, released => SandboxRelease.TerminateAsync(released, client));
    }
}
