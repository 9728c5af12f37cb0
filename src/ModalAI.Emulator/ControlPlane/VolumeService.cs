using Google.Protobuf.WellKnownTypes;
using ModalAI.Emulator.Isolation;
using ModalAI.Emulator.Sandboxes;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>Volumes: directories. One with a name is found again by it, also by a later emulator on the same folder.</summary>
/// <param name="namedFolder">Where volumes with a name live.</param>
/// <param name="ephemeralFolder">Where those without one live.</param>
/// <param name="environments">Which environments there are.</param>
/// <param name="time">Measures how long nobody has asked for one without a name.</param>
internal sealed class VolumeService(string namedFolder, string ephemeralFolder, EnvironmentService environments, TimeProvider time)
{
    /// <summary>No name holds this character, so that what it joins is one folder name and never <c>..</c>.</summary>
    private const char Separator = '@';

    /// <summary>Clients send a heartbeat every five minutes while they use a volume without a name.</summary>
    private static readonly TimeSpan EphemeralLifetime = TimeSpan.FromMinutes(15);

    private const UnixFileMode FolderMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherExecute;

    private readonly IdempotentCreates<VolumeGetOrCreateResponse> _creates = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _byId = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Environment, string Name), Entry> _byName = [];

    public void Register(RpcService service)
    {
        service.Unary("VolumeGetOrCreate", (VolumeGetOrCreateRequest request, RpcContext context) => GetOrCreateAsync(request, context));
        service.Unary("VolumeHeartbeat", (VolumeHeartbeatRequest request, RpcContext _) => Task.FromResult(Heartbeat(request)));
        service.Unary("VolumeDelete", (VolumeDeleteRequest request, RpcContext _) => DeleteAsync(request));
    }

    /// <summary>The directory with a volume's files.</summary>
    public string FindDirectory(string volumeId)
    {
        lock (_gate)
        {
            return Find(volumeId).Directory;
        }
    }

    private async Task<VolumeGetOrCreateResponse> GetOrCreateAsync(VolumeGetOrCreateRequest request, RpcContext context)
    {
        Unsupported.Refuse((request.CreateOptions?.ExperimentalOptions.Count > 0, "experimental options of a volume"));
        var environment = environments.Resolve(request.EnvironmentName);
        return request.ObjectCreationType switch
        {
            ObjectCreationType.Unspecified or ObjectCreationType.CreateIfMissing or ObjectCreationType.CreateFailIfExists => GetOrCreate(environment, request),
            ObjectCreationType.Ephemeral
                => await _creates.RunAsync(context, () => AddEphemeralAsync(request)).ConfigureAwait(false),
            _ => throw RpcFailedException.Unimplemented($"The emulator does not create volumes with {request.ObjectCreationType}."),
        };
    }

    private VolumeGetOrCreateResponse GetOrCreate(string environment, VolumeGetOrCreateRequest request)
    {
        lock (_gate)
        {
            var name = request.DeploymentName;
            if (_byName.TryGetValue((environment, name), out var known))
            {
                return request.ObjectCreationType == ObjectCreationType.CreateFailIfExists
                    ? throw RpcFailedException.AlreadyExists($"There is a volume '{name}' in environment '{environment}' already.")
                    : known.Reply;
            }

            if (FindKept(environment, name) is { } kept)
            {
                _byName.Add((environment, name), kept);
                return kept.Reply;
            }

            if (request.ObjectCreationType == ObjectCreationType.Unspecified)
            {
                throw RpcFailedException.NotFound($"There is no volume '{name}' in environment '{environment}'.");
            }

            ObjectNames.Check("volume", name);
            var version = Explicit(request.Version);
            var entry = Add(name, version, FolderOf(environment, name, version));
            _byName.Add((environment, name), entry);
            return entry.Reply;
        }
    }

    private async Task<VolumeGetOrCreateResponse> AddEphemeralAsync(VolumeGetOrCreateRequest request)
    {
        Entry[] expired;
        Entry entry;
        lock (_gate)
        {
            var oldest = time.GetUtcNow() - EphemeralLifetime;
            expired = [.. _byId.Values.Where(volume => volume.LastHeartbeat < oldest)];
            foreach (var volume in expired)
            {
                _byId.Remove(volume.Reply.VolumeId);
            }

            entry = Add("", Explicit(request.Version), Path.Combine(ephemeralFolder, Guid.NewGuid().ToString("N")));
            entry.LastHeartbeat = time.GetUtcNow();
        }

        foreach (var volume in expired)
        {
            await SandboxFiles.RemoveAsync(volume.Directory, CancellationToken.None).ConfigureAwait(false);
        }

        return entry.Reply;
    }

    private Empty Heartbeat(VolumeHeartbeatRequest request)
    {
        lock (_gate)
        {
            var volume = Find(request.VolumeId);
            if (volume.LastHeartbeat is not null)
            {
                volume.LastHeartbeat = time.GetUtcNow();
            }

            return new Empty();
        }
    }

    private async Task<Empty> DeleteAsync(VolumeDeleteRequest request)
    {
        Entry volume;
        lock (_gate)
        {
            volume = Find(request.VolumeId);
            _byId.Remove(request.VolumeId);
            foreach (var (key, _) in _byName.Where(pair => pair.Value == volume).ToArray())
            {
                _byName.Remove(key);
            }
        }

        await SandboxFiles.RemoveAsync(volume.Directory, CancellationToken.None).ConfigureAwait(false);
        return new Empty();
    }

    private Entry Find(string volumeId) => _byId.GetValueOrDefault(volumeId) ?? throw RpcFailedException.NotFound($"There is no volume '{volumeId}'.");

    /// <summary>A volume that an earlier emulator left on the folder; null when there is none of that name.</summary>
    private Entry? FindKept(string environment, string name)
    {
        foreach (var version in (VolumeFsVersion[])[VolumeFsVersion.V1, VolumeFsVersion.V2])
        {
            if (ObjectNames.IsValid(name) && FolderOf(environment, name, version) is var folder && System.IO.Directory.Exists(folder))
            {
                return Add(name, version, folder);
            }
        }

        return null;
    }

    private string FolderOf(string environment, string name, VolumeFsVersion version) =>
        Path.Combine(namedFolder, string.Join(Separator, environment, name, version.ToString().ToLowerInvariant()));

    private static VolumeFsVersion Explicit(VolumeFsVersion version) => version == VolumeFsVersion.Unspecified ? VolumeFsVersion.V1 : version;

    private Entry Add(string name, VolumeFsVersion version, string folder)
    {
        var reply = new VolumeGetOrCreateResponse
        {
            VolumeId = ModalIds.New("vo"),
            Version = version,
            Metadata = new VolumeMetadata { Name = name, Version = version, CreationInfo = new CreationInfo { CreatedAt = time.UnixSeconds() } },
        };
        var entry = new Entry(reply, folder);

        // Sandboxes' own users pass through the folder of all volumes, but nobody lists it.
#pragma warning disable CA1416 // An emulator that is not on Linux does not start.
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(folder)!, FolderMode);
#pragma warning restore CA1416
        System.IO.Directory.CreateDirectory(folder);
        _byId.Add(reply.VolumeId, entry);
        return entry;
    }

    private sealed class Entry(VolumeGetOrCreateResponse reply, string directory)
    {
        public VolumeGetOrCreateResponse Reply { get; } = reply;

        public string Directory { get; } = directory;

        /// <summary>Null for a volume with a name, which lives until it is deleted.</summary>
        public DateTimeOffset? LastHeartbeat { get; set; }
    }
}
