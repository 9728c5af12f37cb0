using ModalAI.Protocol;

namespace ModalAI.Sandboxes;

#pragma warning disable MODALAI002 // This is its inside.

/// <summary>Fills the two messages that create a sidecar as Modal's own SDK does.</summary>
internal static class SidecarDefinitions
{
    public static SandboxContainerCreateV2Request ForControlPlane(
        string sandboxId, ModalSidecarCreateOptions options, IReadOnlyCollection<SecretSource> sources, IEnumerable<VolumeMount> mounts)
    {
        var definition = new Sandbox
        {
            ImageId = options.Image.Id,
            NetworkAccess = SandboxDefinitions.NetworkAccessOf(blockNetwork: false, options.OutboundCidrAllowlist, options.OutboundDomainAllowlist),
            IncludeOidcIdentityToken = options.IncludeOidcIdentityToken,
            PtyInfo = PtyRequests.Create(options.Pty),
        };
        definition.EntrypointArgs.AddRange(options.Command);
        definition.VolumeMounts.AddRange(mounts);
        definition.SecretIds.AddRange(ModalSecrets.IdsOf(sources));
        if (!string.IsNullOrEmpty(options.WorkingDirectory))
        {
            definition.Workdir = options.WorkingDirectory;
        }

        if (options.Proxy is { } proxy)
        {
            definition.ProxyId = proxy.Id;
        }

        if (options.MemoryMiB is { } memory)
        {
            definition.Resources = new Resources { MemoryMb = (uint)memory };
        }

        var request = new SandboxContainerCreateV2Request { SandboxId = sandboxId, ContainerName = options.Name, Definition = definition };
        request.SecretSources.AddRange(sources);
        return request;
    }

    public static TaskContainerCreateRequest ForRouter(ModalSidecarCreateOptions options, IEnumerable<SecretSource> sources, IEnumerable<VolumeMount> mounts)
    {
        var request = new TaskContainerCreateRequest
        {
            ContainerName = options.Name,
            ImageId = options.Image.Id,
            Workdir = options.WorkingDirectory ?? "",
            PtyInfo = PtyRequests.Create(options.Pty),
            NetworkAccess = SandboxDefinitions.NetworkAccessOf(blockNetwork: false, options.OutboundCidrAllowlist, options.OutboundDomainAllowlist),
        };
        request.Args.AddRange(options.Command);
        request.SecretSources.AddRange(sources);
        request.VolumeMounts.AddRange(mounts);
        if (options.MemoryMiB is { } memory)
        {
            request.MemoryReserveConsumeMib = (uint)memory;
        }

        return request;
    }
}
