namespace ModalAI;

/// <summary>Where an application's sandboxes come from, as its registration says: a new one for each lease, or one that is reused.</summary>
public interface IModalSandboxFactory
{
    /// <summary>Borrows a sandbox: a new one, or the one that all share, as <see cref="ModalSandboxOptions.Mode"/> says.</summary>
    /// <param name="cancellationToken">Gives up; a new sandbox that comes into being all the same is terminated, one that is reused is there for the next lease.</param>
    /// <returns>The lease. Disposing of it terminates the sandbox, or gives it back.</returns>
    /// <exception cref="ModalException">
    /// No sandbox could be had; nothing is left running. <see cref="ModalErrorCode.ResourceExhausted"/>: a limit was reached for longer than
    /// <see cref="ModalSandboxOptions.AcquireTimeout"/>, or the sandbox has ended too often; <see cref="ModalErrorCode.Conflict"/>: the sandbox that runs was created with other options.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The host stops.</exception>
    Task<ModalSandboxLease> AcquireAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Borrows the sandbox of a key, such as a conversation, a user or a tenant: the one that runs, in whatever process it was created, or a new one. Needs
    /// <see cref="ModalSandboxMode.ReuseExisting"/> and a <see cref="ModalSandboxOptions.Name"/>.
    /// </summary>
    /// <param name="key">The key, 1 to 1024 characters. Modal gets a hash of it only.</param>
    /// <param name="cancellationToken">Stops waiting; the sandbox is there for the next lease.</param>
    /// <returns>The lease. Disposing of it gives the sandbox back, which lives on until its lifetime or idle limit.</returns>
    /// <exception cref="InvalidOperationException">The registration's sandboxes have no name, or are not reused.</exception>
    /// <exception cref="ModalException">As for <see cref="AcquireAsync(CancellationToken)"/>.</exception>
    /// <exception cref="ObjectDisposedException">The host stops.</exception>
    Task<ModalSandboxLease> AcquireAsync(string key, CancellationToken cancellationToken = default);

    /// <summary>A lease over a sandbox that the application made and will end itself: neither the lease nor the host's stop terminates it.</summary>
    /// <param name="sandbox">The sandbox.</param>
    ModalSandboxLease Adopt(ModalSandbox sandbox);

    /// <summary>What has become of the sandbox of a key, as far as this process knows; nothing is asked of Modal.</summary>
    /// <param name="key">The key; null for the one that all share.</param>
    /// <returns><see cref="ModalSandboxLifecycle.Pending"/> where this process has had nothing to do with it lately.</returns>
    ModalSandboxLifecycle GetStatus(string? key = null);
}
