namespace ModalAI;

/// <summary>Where the sandbox of an invocation comes from.</summary>
public enum ModalSandboxMode
{
    /// <summary>Each invocation gets a new sandbox, which is terminated when the invocation ends. The default.</summary>
    NewPerInvocation,

    /// <summary>
    /// All invocations share one sandbox, found by <see cref="ModalSandboxOptions.SandboxId"/> or by
    /// <see cref="ModalSandboxOptions.Name"/>. It is left running.
    /// </summary>
    ReuseExisting,
}
