using ModalAI.Emulator.Sandboxes;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>Reads sandbox definitions: looks up what they name, and refuses what the emulator does not do.</summary>
internal sealed class SandboxDefinitions(
    AppService apps,
    ImageService images,
    SecretService secrets,
    VolumeService volumes,
    BucketService buckets,
    NetworkDefinitions networks,
    Acceptance acceptance)
{
    private const uint DefaultTimeoutSeconds = 300;
    private const uint MaxTimeoutSeconds = 24 * 60 * 60;
    private static readonly string[] Runtimes = ["gvisor", "vm"];

    public SandboxPlan Read(SandboxCreateRequest request)
        => Read(SandboxBackend.V1, request.AppId, request.Definition, request.Tags, Environment(request.Definition));

    public SandboxPlan Read(SandboxCreateV2Request request)
    {
        BucketService.CheckCredentials(request.Definition?.CloudBucketMounts ?? [], request.CloudBucketMountCredentials.Keys);
        return Read(SandboxBackend.V2, request.AppId, request.Definition, request.Tags, Environment(request));
    }

    private SandboxPlan Read(
        SandboxBackend backend, string appId, Sandbox? definition, IReadOnlyList<SandboxTag> tags, IReadOnlyDictionary<string, string> environment)
    {
        if (definition is null)
        {
            throw RpcFailedException.InvalidArgument("The request has no sandbox definition.");
        }

        var app = apps.Find(appId);
        if (backend == SandboxBackend.V2 && definition.Resources?.GpuConfig.IsSet() is true)
        {
            throw RpcFailedException.InvalidArgument("Sandboxes with GPUs are created by SandboxCreate only: the V2 backend has none.");
        }

        Unsupported.RefuseUnknownFields(definition);
        Refuse(definition);
        CheckTags(tags);
        CommandRules.Check(definition.EntrypointArgs);
        CommandRules.CheckWorkingDirectory(definition.Workdir);
        if (definition is { HasName: true, Name.Length: > 0 })
        {
            ObjectNames.Check("sandbox", definition.Name);
        }

        var image = images.FindContent(definition.ImageId);
        return new SandboxPlan
        {
            Backend = backend,
            AppId = app.AppId,
            EnvironmentName = app.EnvironmentName,
            Definition = definition,
            RootFileSystem = image.RootFileSystem,
            Layers = image.Layers,
            Settings = image.Settings,
            KeepsExitSnapshot = SnapshotRules.KeepsExitSnapshot(definition),
            Environment = environment,
            Volumes = VolumeMounts.Check([.. VolumeMounts.Read(definition.VolumeMounts, volumes), .. buckets.Read(definition.CloudBucketMounts)]),
            Network = networks.Read(definition, app.EnvironmentName),
            Timeout = ReadTimeout(definition),
            IdleTimeout = definition is { HasIdleTimeoutSecs: true, IdleTimeoutSecs: > 0 } ? TimeSpan.FromSeconds(definition.IdleTimeoutSecs) : null,
            Name = definition.HasName ? definition.Name : "",
            Terminal = Terminals.Read(definition.PtyInfo),
            Tags = tags,
        };
    }

    public static void CheckTags(IReadOnlyList<SandboxTag> tags)
    {
        foreach (var tag in tags)
        {
            ObjectNames.CheckTag(tag.TagName, tag.TagValue);
        }

        if (tags.GroupBy(tag => tag.TagName, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } repeated)
        {
            throw RpcFailedException.InvalidArgument($"The sandbox tag '{repeated.Key}' is given more than once.");
        }
    }

    private static TimeSpan ReadTimeout(Sandbox definition)
    {
        var seconds = definition.TimeoutSecs == 0 ? DefaultTimeoutSeconds : definition.TimeoutSecs;
        return seconds <= MaxTimeoutSeconds
            ? TimeSpan.FromSeconds(seconds)
            : throw RpcFailedException.InvalidArgument($"The timeout of {seconds} seconds is longer than the {MaxTimeoutSeconds} seconds (24 hours) that a sandbox may live.");
    }

    /// <summary>Either the ordered sources, or the fields that came before them.</summary>
    private Dictionary<string, string> Environment(SandboxCreateV2Request request)
    {
        if (request.SecretSources.Count == 0)
        {
            var environment = Environment(request.Definition);
            SecretService.AddTo(environment, request.EphemeralSecrets?.Contents ?? []);
            return environment;
        }

        SecretRules.CheckSources(request.SecretSources, request.Definition?.SecretIds ?? [], request.EphemeralSecrets);
        var ordered = new Dictionary<string, string>(StringComparer.Ordinal);
        SecretService.AddTo(ordered, request.Definition?.EnvironmentVariables?.Contents ?? []);
        secrets.AddTo(ordered, request.SecretSources);
        return ordered;
    }

    private Dictionary<string, string> Environment(Sandbox? definition)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        SecretService.AddTo(environment, definition?.EnvironmentVariables?.Contents ?? []);
        secrets.AddTo(environment, definition?.SecretIds ?? []);
        return environment;
    }

    /// <summary>CPU and memory requests, regions and clouds only say where a sandbox would like to run: those are recorded.</summary>
    private void Refuse(Sandbox definition)
    {
        var resources = definition.Resources ?? new Resources();
        acceptance.Check(ModalEmulatorAcceptance.Gpus, resources.GpuConfig.IsSet(), "GPUs");
        ResourceRules.Check(resources);
        acceptance.Check(ModalEmulatorAcceptance.ResourceLimits, resources.MilliCpuMax > 0, "a CPU limit");
        acceptance.Check(ModalEmulatorAcceptance.ResourceLimits, resources.MemoryMbMax > 0, "a memory limit");
        acceptance.Check(ModalEmulatorAcceptance.ResourceLimits, resources.EphemeralDiskMb > 0, "an ephemeral disk size");
        acceptance.Check(ModalEmulatorAcceptance.MemorySnapshots, definition.EnableSnapshot, "memory snapshots");
        acceptance.Check(ModalEmulatorAcceptance.Identities, definition.CustomDomain.Length > 0, "custom domains");
        acceptance.Check(ModalEmulatorAcceptance.Identities, definition.IncludeOidcIdentityToken, "OIDC identity tokens");
        acceptance.Check(ModalEmulatorAcceptance.Identities, definition.IncludeX509Svid, "X.509 identities");
        if (definition.HasRuntime && !Runtimes.Contains(definition.Runtime))
        {
            throw RpcFailedException.InvalidArgument($"There is no runtime '{definition.Runtime}'; the runtimes are {string.Join(" and ", Runtimes)}.");
        }

        acceptance.Check(ModalEmulatorAcceptance.Runtimes, definition.HasRuntime, "the choice of a runtime");
        PlacementRules.Check(definition);
        Unsupported.Refuse(
            (resources.Rdma, "RDMA"),
            (definition.MountIds.Count > 0, "mounts"),
            (definition.NfsMounts.Count > 0, "network file systems"),
            (definition.S3Mounts.Count > 0, "S3 mounts of the older kind; cloud_bucket_mounts took their place"),
            (definition.HasSnapshotVersion, "the choice of a version of memory snapshots"),
            (definition.HasRunscRuntimeVersion, "the choice of a runtime's version"),
            (definition.RuntimeDebug, "debugging of the runtime"),
            (definition.WorkerId.Length > 0 || definition.RestoreInstanceType.Length > 0, "the choice of a worker"),
            (definition.PreloadPathPrefixes.Count > 0, "preloading of paths"));

        var experimental = definition.ExperimentalOptionsV2.Keys.Where(static name => name != SnapshotRules.ExitSnapshotOption).Concat(ExperimentalOptionsV1(definition)).FirstOrDefault();
        Unsupported.Refuse((experimental is not null, $"the experimental option '{experimental}'"));
    }

    private static IEnumerable<string> ExperimentalOptionsV1(Sandbox definition)
    {
#pragma warning disable CS0612 // Older clients still send the deprecated field.
        return definition.ExperimentalOptions.Keys;
#pragma warning restore CS0612
    }
}
