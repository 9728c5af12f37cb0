using System.Diagnostics.CodeAnalysis;
using ModalAI.Configuration;
using ModalAI.Protocol;
using ModalAI.Rpc;

namespace ModalAI;

public sealed partial class ModalSandbox
{
    /// <summary>
    /// Gives a running sandbox a name that was created without one (RPC SandboxSetName). V2 only, and once: the same name may be set again. Modal may change
    /// this.
    /// </summary>
    /// <param name="name">1 to 64 letters, digits, <c>-</c>, <c>_</c> and <c>.</c>; unique among the running sandboxes of the app.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ModalException">
    /// The name is not allowed, or the sandbox is on V1 (<see cref="ModalErrorCode.InvalidArgument"/>); another running sandbox has it
    /// (<see cref="ModalErrorCode.AlreadyExists"/>); this one has another name, or has ended (<see cref="ModalErrorCode.Conflict"/>).
    /// </exception>
    [Experimental("MODALAI001")]
    public async Task SetNameAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        ThrowIfDetached();
        if (!IsV2)
        {
            throw ModalErrors.InvalidArgument($"Sandbox {Id} is on the V1 backend, where a name can only be given when it is created.");
        }

        if (!ModalNames.IsObjectName(name))
        {
            throw ModalErrors.InvalidArgument($"The sandbox name {OptionErrors.Show(name)} is not allowed: {ModalNames.ObjectNameRule}.");
        }

        await _client.ControlPlane.CallAsync(
            "SandboxSetName",
            static (stub, request, options) => stub.SandboxSetNameAsync(request, options),
            new SandboxSetNameRequest { SandboxId = Id, Name = name },
            cancellationToken).ConfigureAwait(false);
        Name = name;
    }
}
