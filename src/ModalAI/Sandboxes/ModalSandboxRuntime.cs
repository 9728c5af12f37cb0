namespace ModalAI;

/// <summary>What a sandbox is isolated by on Modal (proto field <c>runtime</c>).</summary>
public enum ModalSandboxRuntime
{
    /// <summary>A kernel of its own in user space (<c>gvisor</c>).</summary>
    GVisor,

    /// <summary>A virtual machine (<c>vm</c>).</summary>
    VirtualMachine,
}
