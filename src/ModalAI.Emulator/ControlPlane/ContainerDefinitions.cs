using System.Text;
using Google.Protobuf;
using ModalAI.Emulator.Sandboxes;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;
using static ModalAI.Protocol.NetworkAccess.Types;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>Reads what sidecars are to be, from either of the two requests that create them.</summary>
internal sealed class ContainerDefinitions(
    ImageService images, SecretService secrets, VolumeService volumes, BucketService buckets, NetworkDefinitions networks)
{
    /// <summary>The fields of a definition that a sidecar has; a memory reservation is a wish.</summary>
    private static readonly string[] Known =
    [
        "entrypoint_args", "image_id", "secret_ids", "workdir", "volume_mounts", "cloud_bucket_mounts", "network_access", "resources", "pty_info", "proxy_id",
    ];

    /// <param name="request">The request.</param>
    /// <param name="environmentName">The environment of the sandbox, where its proxy is looked up.</param>
    public ContainerPlan Read(SandboxContainerCreateV2Request request, string environmentName)
    {
        var definition = request.Definition ?? throw RpcFailedException.InvalidArgument("The request has no container definition.");
        Unsupported.RefuseUnknownFields(definition);
        Unsupported.RefuseFields(definition, Known, "for sidecars");
        Unsupported.RefuseFields(definition.Resources ?? new Resources(), ["memory_mb"], "for sidecars");
        networks.CheckProxy(definition, environmentName);
        BucketService.CheckCredentials(definition.CloudBucketMounts, request.CloudBucketMountCredentials.Keys);
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        if (request.SecretSources.Count > 0)
        {
            SecretRules.CheckSources(request.SecretSources, definition.SecretIds, request.EphemeralSecrets);
            secrets.AddTo(environment, request.SecretSources);
        }
        else
        {
            secrets.AddTo(environment, definition.SecretIds);
            SecretService.AddTo(environment, request.EphemeralSecrets?.Contents ?? []);
        }

        var plan = Read(
            request.ContainerName, definition.ImageId, definition.EntrypointArgs, definition.Workdir, definition.VolumeMounts, definition.NetworkAccess, environment);
        return plan with
        {
            Terminal = Terminals.Read(definition.PtyInfo),
            Volumes = VolumeMounts.Check([.. plan.Volumes, .. buckets.Read(definition.CloudBucketMounts)]),
        };
    }

    public ContainerPlan Read(TaskContainerCreateRequest request)
    {
        Unsupported.RefuseUnknownFields(request);
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        if (request.SecretSources.Count > 0)
        {
            if (request.SecretIds.Count > 0 || request.Env.Count > 0)
            {
                throw RpcFailedException.InvalidArgument("secret_sources cannot be combined with secret_ids or env.");
            }

            secrets.AddTo(environment, request.SecretSources);
        }
        else
        {
            secrets.AddTo(environment, request.SecretIds);
            SecretService.AddTo(environment, request.Env);
        }

        var plan = Read(request.ContainerName, request.ImageId, request.Args, request.Workdir, request.VolumeMounts, request.NetworkAccess, environment);
        return plan with { Terminal = Terminals.Read(request.PtyInfo) };
    }

    private static void CheckName(string name)
    {
        if (name == ContainerPlan.MainName)
        {
            throw RpcFailedException.InvalidArgument($"The container name '{name}' is reserved for the sandbox's main container.");
        }

        ObjectNames.Check("container", name);
    }

    /// <summary>A sidecar shares its sandbox's network, so it cannot have less of it.</summary>
    private static void CheckNetwork(NetworkAccess? access)
    {
        switch (access?.NetworkAccessType ?? NetworkAccessType.Unspecified)
        {
            case NetworkAccessType.Unspecified or NetworkAccessType.Open:
                return;
            case NetworkAccessType.Blocked:
                throw RpcFailedException.InvalidArgument("A sidecar's network cannot be blocked: it shares that of its sandbox.");
            default:
                throw RpcFailedException.FailedPrecondition("The emulator does not support an outbound allowlist of a sidecar's own: it shares the network of its sandbox.");
        }
    }

    private static void CheckVolumes(IEnumerable<VolumeMount> mounts)
    {
        if (mounts.GroupBy(mount => mount.VolumeId, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } repeated)
        {
            throw RpcFailedException.InvalidArgument(
                $"Volume {repeated.Key} is to be mounted at {string.Join(", ", repeated.Select(mount => mount.MountPath))}: a sidecar takes a volume at one path.");
        }
    }

    private ContainerPlan Read(
        string name,
        string imageId,
        IReadOnlyList<string> command,
        string workdir,
        IReadOnlyList<VolumeMount> mounts,
        NetworkAccess? network,
        Dictionary<string, string> environment)
    {
        CheckName(name);
        CheckNetwork(network);
        CheckVolumes(mounts);
        CommandRules.Check(command);
        CommandRules.CheckWorkingDirectory(workdir);
        var image = images.FindContent(imageId);
        return new ContainerPlan
        {
            Name = name,
            RootFileSystem = image.RootFileSystem,
            Layers = image.Layers,
            Settings = image.Settings,
            Command = image.Settings.GetCommand(command),
            Environment = environment,
            Volumes = VolumeMounts.Read(mounts, volumes),
            WorkingDirectory = workdir.Length > 0 ? workdir : image.Settings.WorkingDirectory,
        };
    }
}
