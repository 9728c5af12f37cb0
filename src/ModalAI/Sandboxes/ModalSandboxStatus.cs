namespace ModalAI;

/// <summary>How a sandbox ended (Modal's GenericStatus).</summary>
public enum ModalSandboxStatus
{
    /// <summary>Modal gave a status that this library does not know.</summary>
    Unknown = 0,

    /// <summary>The entrypoint ended with exit code zero.</summary>
    Success,

    /// <summary>The entrypoint ended with another exit code.</summary>
    Failure,

    /// <summary>It was terminated.</summary>
    Terminated,

    /// <summary>It reached its lifetime.</summary>
    Timeout,

    /// <summary>It could not be started.</summary>
    InitFailure,

    /// <summary>Modal failed.</summary>
    InternalFailure,

    /// <summary>It was idle for too long.</summary>
    IdleTimeout,

    /// <summary>It used more memory than there was.</summary>
    MemoryEviction,
}
