using ModalAI.Protocol;
using ModalAI.Rpc;

namespace ModalAI;

/// <summary>Volumes of the workspace. Ids are remembered.</summary>
public sealed class ModalVolumes
{
    private readonly ControlPlane _controlPlane;
    private readonly ModalClientOptions _options;
    private readonly AsyncCache<(string Name, string Environment, bool Create), string> _ids = new();

    internal ModalVolumes(ControlPlane controlPlane, ModalClientOptions options)
    {
        _controlPlane = controlPlane;
        _options = options;
    }

    /// <summary>Looks a volume up by its name (RPC VolumeGetOrCreate).</summary>
    /// <param name="name">Its name.</param>
    /// <param name="createIfMissing">Creates the volume when there is none of that name.</param>
    /// <param name="environment">The Modal environment; null for <see cref="ModalClientOptions.Environment"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ModalException"><see cref="ModalErrorCode.NotFound"/>: there is no such volume.</exception>
    public async Task<ModalVolume> GetAsync(
        string name, bool createIfMissing = false, string? environment = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var key = (name, environment ?? _options.Environment ?? "", createIfMissing);
        var id = await FetchAsync(key).WaitAsync(cancellationToken).ConfigureAwait(false);
        _ids.Set(key, id);
        return new ModalVolume(id, name);
    }

    /// <summary>Deletes a volume and all that is in it (RPC VolumeDelete).</summary>
    /// <param name="name">Its name.</param>
    /// <param name="environment">The Modal environment; null for <see cref="ModalClientOptions.Environment"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ModalException"><see cref="ModalErrorCode.NotFound"/>: there is no such volume.</exception>
    public async Task DeleteAsync(string name, string? environment = null, CancellationToken cancellationToken = default)
    {
        var volume = await GetAsync(name, createIfMissing: false, environment, cancellationToken).ConfigureAwait(false);
        await _controlPlane.CallAsync(
            "VolumeDelete",
            static (stub, request, options) => stub.VolumeDeleteAsync(request, options),
            new VolumeDeleteRequest { VolumeId = volume.Id },
            cancellationToken).ConfigureAwait(false);
        Forget();
    }

    internal void Forget() => _ids.Clear();

    /// <summary>What a sandbox's definition says of its volumes, ids looked up side by side (proto VolumeMount).</summary>
    internal Task<VolumeMount[]> GetMountsAsync(IEnumerable<KeyValuePair<string, ModalVolumeMount>> mounts, string? environment, CancellationToken cancellationToken) =>
        Task.WhenAll(mounts.Select(async mount =>
        {
            var (path, volume) = mount;
            var id = await _ids.GetAsync((volume.Name, environment ?? _options.Environment ?? "", volume.CreateIfMissing), FetchAsync, cancellationToken).ConfigureAwait(false);
            var result = new VolumeMount { VolumeId = id, MountPath = path, AllowBackgroundCommits = true, ReadOnly = volume.ReadOnly };
            if (!string.IsNullOrEmpty(volume.SubPath))
            {
                result.SubPath = volume.SubPath;
            }

            return result;
        }));

    private async Task<string> FetchAsync((string Name, string Environment, bool Create) key)
    {
        try
        {
            var response = await _controlPlane.LookUpAsync(
                "VolumeGetOrCreate",
                static (stub, request, options) => stub.VolumeGetOrCreateAsync(request, options),
                new VolumeGetOrCreateRequest
                {
                    DeploymentName = key.Name,
                    EnvironmentName = key.Environment,
                    ObjectCreationType = key.Create ? ObjectCreationType.CreateIfMissing : ObjectCreationType.Unspecified,
                },
                CancellationToken.None).ConfigureAwait(false);
            return response.VolumeId;
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.NotFound)
        {
            throw ModalErrors.Explain(
                exception,
                $"Volume '{key.Name}' was not found{ModalEnvironments.In(key.Environment)}. Create it in Modal, correct Volumes of ModalSandboxOptions, or set CreateIfMissing.");
        }
    }
}
