using ModalAI.Emulator.Isolation;
using ModalAI.Emulator.Sandboxes;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>Creates sidecars: the control plane does for V2 sandboxes, and the command router for both backends.</summary>
internal sealed class SidecarCreation(SandboxRegistry registry, ContainerDefinitions definitions, Task<SandboxHost> host, CancellationToken stopping)
{
    private readonly IdempotentCreates<Sidecar> _creates = new();

    public void Register(RpcService control)
        => control.Unary("SandboxContainerCreateV2", (SandboxContainerCreateV2Request request, RpcContext context) => CreateAsync(request, context));

    /// <summary>Not given up half-way: a client that has left asks for the name again.</summary>
    public Task<Sidecar> CreateAsync(EmulatedSandbox sandbox, ContainerPlan plan) =>
        StartFailures.ToldAsync(
            async () => await sandbox.CreateSidecarAsync(ModalIds.NewContainer(), plan, await host.WaitAsync(stopping).ConfigureAwait(false), stopping).ConfigureAwait(false));

    private async Task<SandboxContainerCreateV2Response> CreateAsync(SandboxContainerCreateV2Request request, RpcContext context)
    {
        var sandbox = registry.Find(request.SandboxId, SandboxBackend.V2);
        var sidecar = await _creates.RunAsync(
            context, () => CreateAsync(sandbox, definitions.Read(request, sandbox.Plan.EnvironmentName))).ConfigureAwait(false);
        return new SandboxContainerCreateV2Response { ContainerId = sidecar.Container.Id, ContainerName = sidecar.Container.Plan.Name };
    }
}
