namespace ModalAI.Leasing;

/// <summary>One sandbox as its holders know it, whichever sandbox of Modal's that is at the moment. Thread-safe.</summary>
internal interface ISandboxSlot
{
    /// <summary>Tells that a sandbox took the place of another.</summary>
    event EventHandler<ModalSandboxReplacement>? Replaced;

    ModalSandboxLifecycle Status { get; }

    /// <summary>How the present sandbox came to take the place of another; null where it did not.</summary>
    ModalSandboxReplacement? Replacement { get; }

    /// <summary>The present sandbox; null where there is none.</summary>
    ModalSandbox? Current { get; }

    /// <summary>The sandbox, seen running lately, or else looked at, found or made. Cancelling stops waiting, not what others share.</summary>
    Task<ModalSandbox> EnsureRunningAsync(CancellationToken cancellationToken);

    /// <summary>Takes note that a call found the sandbox ended: whoever asks next does not trust that it runs.</summary>
    void Doubt(string sandboxId);

    /// <summary>Saves the files and ends the sandbox, so that <see cref="EnsureRunningAsync"/> goes on from there. When saving fails, it runs on.</summary>
    Task StopAsync(CancellationToken cancellationToken);

    /// <summary>Ends the sandbox for good, with what was saved of it.</summary>
    Task DestroyAsync(CancellationToken cancellationToken);

    /// <summary>Ends the sandbox, and goes on with a new one that has the files of an image.</summary>
    Task RestoreAsync(ModalImage image, CancellationToken cancellationToken);

    /// <summary>A lease on it has ended. Bounded in time; throws nothing.</summary>
    Task ReleaseAsync();
}
