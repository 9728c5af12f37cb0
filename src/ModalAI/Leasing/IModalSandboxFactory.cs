namespace ModalAI;

/// <summary>Where an application's sandboxes come from, as its registration says: a new one for each lease, or one that is reused.</summary>
public interface IModalSandboxFactory
{
    /// <summary>Borrows a sandbox.</summary>
    /// <param name="cancellationToken">Gives up; a new sandbox that comes into being all the same is terminated, one that is reused is there for the next lease.</param>
    /// <returns>The lease. Disposing of it terminates the sandbox, or gives it back, as <see cref="ModalSandboxOptions.Mode"/> says.</returns>
    /// <exception cref="ModalException">No sandbox could be had; nothing is left running.</exception>
    Task<ModalSandboxLease> AcquireAsync(CancellationToken cancellationToken = default);
}
