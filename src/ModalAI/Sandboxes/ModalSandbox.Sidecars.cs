using System.Diagnostics.CodeAnalysis;
using ModalAI.Sandboxes;

namespace ModalAI;

public sealed partial class ModalSandbox
{
    /// <summary>Its sidecars: further containers that run beside the main one and end with it. Modal may change this.</summary>
    [Experimental("MODALAI002")]
    public ModalSidecars Sidecars => field ??= new ModalSidecars(this, new ContainerCalls(_routerCalls));

    internal string? EnvironmentName => _environment ?? _client.Options.Environment;

    /// <summary>Commands in a sidecar.</summary>
    internal SandboxCommands CommandsIn(string containerId) =>
        new(_client, new ExecCalls(Id, _router, containerId), Id, _environment, CommandTimeout, ThrowIfDetached, _logger);
}
