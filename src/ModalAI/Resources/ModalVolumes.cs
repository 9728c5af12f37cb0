using Microsoft.Extensions.Logging;
using ModalAI.Protocol;
using ModalAI.Rpc;

namespace ModalAI;

/// <summary>Volumes of the workspace. Ids are remembered.</summary>
public sealed class ModalVolumes
{
    private readonly ControlPlane _controlPlane;
    private readonly ModalClientOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly CancellationToken _clientStopped;
    private readonly AsyncCache<Key, ModalVolume> _volumes = new();

    internal ModalVolumes(ControlPlane controlPlane, ModalClientOptions options, TimeProvider timeProvider, ILogger logger, CancellationToken clientStopped)
    {
        _controlPlane = controlPlane;
        _options = options;
        _timeProvider = timeProvider;
        _logger = logger;
        _clientStopped = clientStopped;
    }

    /// <summary>Looks a volume up by its name (RPC VolumeGetOrCreate).</summary>
    /// <param name="name">Its name.</param>
    /// <param name="createIfMissing">Creates the volume when there is none of that name.</param>
    /// <param name="environment">The Modal environment; null for <see cref="ModalClientOptions.Environment"/>.</param>
    /// <param name="version">The file system that it must have, or is created with; null for any, which creates <see cref="ModalVolumeVersion.V1"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ModalException">
    /// <see cref="ModalErrorCode.NotFound"/>: there is no such volume; <see cref="ModalErrorCode.InvalidArgument"/>: it has another file system.
    /// </exception>
    public async Task<ModalVolume> GetAsync(
        string name,
        bool createIfMissing = false,
        string? environment = null,
        ModalVolumeVersion? version = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var key = new Key(name, environment ?? _options.Environment ?? "", createIfMissing, version);
        var volume = await FetchAsync(key).WaitAsync(cancellationToken).ConfigureAwait(false);
        _volumes.Set(key, volume);
        return volume;
    }

    /// <summary>
    /// Creates a volume without a name that lives as long as the object that is returned (RPC VolumeGetOrCreate, VolumeHeartbeat). A sandbox mounts it by its id.
    /// </summary>
    /// <param name="environment">The Modal environment; null for <see cref="ModalClientOptions.Environment"/>.</param>
    /// <param name="cancellationToken">Stops waiting; a volume that comes into being all the same is removed by Modal, as it has no heartbeat.</param>
    public async Task<ModalEphemeralVolume> CreateEphemeralAsync(string? environment = null, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_clientStopped.IsCancellationRequested, typeof(ModalClient));
        var response = await _controlPlane.CallAsync(
            "VolumeGetOrCreate",
            static (stub, request, options) => stub.VolumeGetOrCreateAsync(request, options),
            new VolumeGetOrCreateRequest { ObjectCreationType = ObjectCreationType.Ephemeral, EnvironmentName = environment ?? _options.Environment ?? "" },
            cancellationToken).ConfigureAwait(false);
        return new ModalEphemeralVolume(response.VolumeId, _controlPlane, _timeProvider, _logger, _clientStopped);
    }

    /// <summary>Deletes a volume and all that is in it for good (RPC VolumeDelete). Sandboxes that have it mounted lose it.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="allowMissing">Does nothing when there is no such volume.</param>
    /// <param name="environment">The Modal environment; null for <see cref="ModalClientOptions.Environment"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ModalException"><see cref="ModalErrorCode.NotFound"/>: there is no such volume.</exception>
    public async Task DeleteAsync(string name, bool allowMissing = false, string? environment = null, CancellationToken cancellationToken = default)
    {
        try
        {
            var volume = await GetAsync(name, createIfMissing: false, environment, cancellationToken: cancellationToken).ConfigureAwait(false);
            await _controlPlane.CallAsync(
                "VolumeDelete",
                static (stub, request, options) => stub.VolumeDeleteAsync(request, options),
                new VolumeDeleteRequest { VolumeId = volume.Id },
                cancellationToken).ConfigureAwait(false);
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.NotFound && allowMissing)
        {
            // It is gone, which is what the caller wanted.
        }

        Forget();
    }

    internal void Forget() => _volumes.Clear();

    /// <summary>What a sandbox's definition says of its volumes, ids looked up side by side (proto VolumeMount).</summary>
    internal Task<VolumeMount[]> GetMountsAsync(IEnumerable<KeyValuePair<string, ModalVolumeMount>> mounts, string? environment, CancellationToken cancellationToken) =>
        Task.WhenAll(mounts.Select(async mount =>
        {
            var (path, volume) = mount;
            var id = volume.Id
                ?? (await _volumes.GetAsync(
                    new Key(volume.Name, environment ?? _options.Environment ?? "", volume.CreateIfMissing, volume.Version), FetchAsync, cancellationToken).ConfigureAwait(false)).Id;
            var result = new VolumeMount { VolumeId = id, MountPath = path, AllowBackgroundCommits = true, ReadOnly = volume.ReadOnly };
            if (!string.IsNullOrEmpty(volume.SubPath))
            {
                result.SubPath = volume.SubPath;
            }

            return result;
        }));

    private async Task<ModalVolume> FetchAsync(Key key)
    {
        VolumeGetOrCreateResponse response;
        try
        {
            response = await _controlPlane.LookUpAsync(
                "VolumeGetOrCreate",
                static (stub, request, options) => stub.VolumeGetOrCreateAsync(request, options),
                new VolumeGetOrCreateRequest
                {
                    DeploymentName = key.Name,
                    EnvironmentName = key.Environment,
                    ObjectCreationType = key.Create ? ObjectCreationType.CreateIfMissing : ObjectCreationType.Unspecified,
                    Version = (VolumeFsVersion)(key.Version ?? 0),
                },
                CancellationToken.None).ConfigureAwait(false);
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.NotFound)
        {
            throw ModalErrors.Explain(
                exception,
                $"Volume '{key.Name}' was not found{ModalEnvironments.In(key.Environment)}. Create it in Modal, correct Volumes of ModalSandboxOptions, or set CreateIfMissing.");
        }

        // A server that says nothing means the first.
        var version = response.Metadata?.Version == VolumeFsVersion.V2 ? ModalVolumeVersion.V2 : ModalVolumeVersion.V1;
        return key.Version is null || key.Version == version
            ? new ModalVolume(response.VolumeId, key.Name, version)
            : throw ModalErrors.InvalidArgument($"Volume '{key.Name}' exists with file system {version}, not {key.Version}. Leave the version out, or name the right one.");
    }

    private readonly record struct Key(string Name, string Environment, bool Create, ModalVolumeVersion? Version);
}
