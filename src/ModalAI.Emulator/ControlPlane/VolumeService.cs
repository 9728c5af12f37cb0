using Google.Protobuf.WellKnownTypes;
using ModalAI.Emulator.Isolation;
using ModalAI.Emulator.Sandboxes;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>Volumes: directories. One with a name is found again by it, also by a later emulator on the same folder.</summary>
internal sealed class VolumeService
{
    /// <summary>No name holds this character, so that what it joins is one folder name and never <c>..</c>.</summary>
    private const char Separator = '@';

    /// <summary>Clients send a heartbeat every five minutes while they use a volume without a name.</summary>
    private static readonly TimeSpan EphemeralLifetime = TimeSpan.FromMinutes(15);

    private const UnixFileMode FolderMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherExecute;

    private readonly string _namedFolder;
    private readonly string _ephemeralFolder;
    private readonly EnvironmentService _environments;
    private readonly TimeProvider _time;
    private readonly IdempotentCreates<VolumeGetOrCreateResponse> _creates = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _byId = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Environment, string Name), Entry> _byName = [];

    /// <param name="namedFolder">Where volumes with a name live.</param>
    /// <param name="ephemeralFolder">Where those without one live.</param>
    /// <param name="environments">Which environments there are.</param>
    /// <param name="time">Measures how long nobody has asked for one without a name.</param>
    /// <param name="stopping">No timer outlives the emulator; the files go with its folder.</param>
    public VolumeService(string namedFolder, string ephemeralFolder, EnvironmentService environments, TimeProvider time, CancellationToken stopping)
    {
        _namedFolder = namedFolder;
        _ephemeralFolder = ephemeralFolder;
        _environments = environments;
        _time = time;
        environments.AddContent(RemoveEnvironmentAsync);
        stopping.Register(StopTimers);
    }

    public void Register(RpcService service, AppService apps)
    {
        service.Unary("VolumeGetOrCreate", (VolumeGetOrCreateRequest request, RpcContext context) => GetOrCreateAsync(request, context, apps));
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

    private async Task<VolumeGetOrCreateResponse> GetOrCreateAsync(VolumeGetOrCreateRequest request, RpcContext context, AppService apps)
    {
        Unsupported.Refuse((request.CreateOptions?.ExperimentalOptions.Count > 0, "experimental options of a volume"));
        if (!System.Enum.IsDefined(request.Version))
        {
            throw RpcFailedException.InvalidArgument($"There is no version {(int)request.Version} of volumes; there are 1 and 2.");
        }

        var environment = _environments.Resolve(request.EnvironmentName);
        if (request.AppId.Length > 0 || request.ObjectCreationType == ObjectCreationType.AnonymousOwnedByApp)
        {
            apps.Find(request.AppId);
        }

        switch (request.ObjectCreationType)
        {
            case ObjectCreationType.Ephemeral or ObjectCreationType.AnonymousOwnedByApp:
                return await _creates.RunAsync(context, () => Task.FromResult(AddNameless(request))).ConfigureAwait(false);
            case ObjectCreationType.CreateOverwriteIfExists:
                return await _creates.RunAsync(context, () => ReplaceAsync(environment, request)).ConfigureAwait(false);
            default:
                return GetOrCreate(environment, request);
        }
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

    private async Task<VolumeGetOrCreateResponse> ReplaceAsync(string environment, VolumeGetOrCreateRequest request)
    {
        ObjectNames.Check("volume", request.DeploymentName);
        Entry? old;
        lock (_gate)
        {
            old = _byName.GetValueOrDefault((environment, request.DeploymentName)) ?? FindKept(environment, request.DeploymentName);
        }

        if (old is not null)
        {
            await RemoveAsync([old]).ConfigureAwait(false);
        }

        return GetOrCreate(environment, request);
    }

    /// <summary>One that nobody's heartbeat keeps is removed in time; one that belongs to an app stays as long as the emulator.</summary>
    private VolumeGetOrCreateResponse AddNameless(VolumeGetOrCreateRequest request)
    {
        lock (_gate)
        {
            var entry = Add("", Explicit(request.Version), Path.Combine(_ephemeralFolder, Guid.NewGuid().ToString("N")));
            if (request.ObjectCreationType == ObjectCreationType.Ephemeral)
            {
                entry.Expiry = _time.CreateTimer(_ => _ = RemoveAsync([entry]), null, EphemeralLifetime, Timeout.InfiniteTimeSpan);
            }

            return entry.Reply;
        }
    }

    private Empty Heartbeat(VolumeHeartbeatRequest request)
    {
        lock (_gate)
        {
            Find(request.VolumeId).Expiry?.Change(EphemeralLifetime, Timeout.InfiniteTimeSpan);
            return new Empty();
        }
    }

    private async Task<Empty> DeleteAsync(VolumeDeleteRequest request)
    {
        Entry volume;
        lock (_gate)
        {
            volume = Find(request.VolumeId);
        }

        await RemoveAsync([volume]).ConfigureAwait(false);
        return new Empty();
    }

    /// <summary>Volumes of an environment, those on the folder that nobody has asked for included.</summary>
    private async Task RemoveEnvironmentAsync(string environment)
    {
        Entry[] known;
        lock (_gate)
        {
            known = [.. _byName.Where(volume => volume.Key.Environment == environment).Select(volume => volume.Value)];
        }

        await RemoveAsync(known).ConfigureAwait(false);
        if (System.IO.Directory.Exists(_namedFolder))
        {
            foreach (var kept in System.IO.Directory.EnumerateDirectories(_namedFolder, $"{environment}{Separator}*"))
            {
                await SandboxFiles.RemoveAsync(kept, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Takes volumes away, also from sandboxes that have them mounted: those find an empty directory from then on.</summary>
    private async Task RemoveAsync(IReadOnlyList<Entry> volumes)
    {
        lock (_gate)
        {
            foreach (var volume in volumes)
            {
                volume.Expiry?.Dispose();
                _byId.Remove(volume.Reply.VolumeId);
                foreach (var (key, _) in _byName.Where(pair => pair.Value == volume).ToArray())
                {
                    _byName.Remove(key);
                }
            }
        }

        foreach (var volume in volumes)
        {
            await SandboxFiles.RemoveAsync(volume.Directory, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private void StopTimers()
    {
        lock (_gate)
        {
            foreach (var volume in _byId.Values)
            {
                volume.Expiry?.Dispose();
            }
        }
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
        Path.Combine(_namedFolder, string.Join(Separator, environment, name, version.ToString().ToLowerInvariant()));

    private static VolumeFsVersion Explicit(VolumeFsVersion version) => version == VolumeFsVersion.Unspecified ? VolumeFsVersion.V1 : version;

    private Entry Add(string name, VolumeFsVersion version, string folder)
    {
        var reply = new VolumeGetOrCreateResponse
        {
            VolumeId = ModalIds.New("vo"),
            Version = version,
            Metadata = new VolumeMetadata { Name = name, Version = version, CreationInfo = new CreationInfo { CreatedAt = _time.UnixSeconds() } },
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

        /// <summary>Removes the volume when nobody has asked for it in time; null for one that lives until it is deleted.</summary>
        public ITimer? Expiry { get; set; }
    }
}
