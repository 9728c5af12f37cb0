using ModalAI.Protocol;
using ModalAI.Rpc;

namespace ModalAI;

/// <summary>Modal environments, as far as building images needs them.</summary>
internal sealed class ModalEnvironments(ControlPlane controlPlane, ModalClientOptions options)
{
    private readonly AsyncCache<string, string> _builderVersions = new();

    /// <summary>Words for a message: where something was looked for.</summary>
    public static string In(string environment) => environment.Length > 0 ? $" in environment '{environment}'" : "";

    /// <summary>The image builder version of an environment (RPC EnvironmentGetOrCreate); an option or variable goes before it.</summary>
    public Task<string> GetImageBuilderVersionAsync(string environment, CancellationToken cancellationToken) =>
        options.ImageBuilderVersion is { Length: > 0 } version
            ? Task.FromResult(version)
            : _builderVersions.GetAsync(environment, FetchAsync, cancellationToken);

    private async Task<string> FetchAsync(string environment)
    {
        var response = await controlPlane.LookUpAsync(
            "EnvironmentGetOrCreate",
            static (stub, request, options) => stub.EnvironmentGetOrCreateAsync(request, options),
            new EnvironmentGetOrCreateRequest { DeploymentName = environment },
            CancellationToken.None).ConfigureAwait(false);
        return response.Metadata?.Settings?.ImageBuilderVersion ?? "";
    }
}
