using System.Diagnostics.CodeAnalysis;
using ModalAI.Emulator.ControlPlane;
using ModalAI.Emulator.Isolation;
using static ModalAI.Protocol.GenericResult.Types;

namespace ModalAI.Emulator.Images;

/// <summary>The images of one emulator, and those that are being built.</summary>
internal sealed class ImageStore(Task<SandboxHost> host, TimeSpan buildLimit, TimeProvider time, CancellationToken stopping)
{
    /// <summary>How many builds that have ended stay known with their logs.</summary>
    private const int MaxEndedBuilds = 100;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, ImageContent> _images = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ImageBuild> _builds = new(StringComparer.Ordinal);
    private readonly Queue<ImageBuild> _ended = new();

    /// <summary>The image that a recipe last made, or makes, by the recipe.</summary>
    private readonly Dictionary<string, string> _current = new(StringComparer.Ordinal);

    /// <summary>Adds an image that needs no build.</summary>
    public void Add(string imageId, ImageContent content)
    {
        lock (_gate)
        {
            _images[imageId] = content;
        }
    }

    public bool TryFind(string imageId, [NotNullWhen(true)] out ImageContent? content)
    {
        lock (_gate)
        {
            return _images.TryGetValue(imageId, out content);
        }
    }

    public ImageBuild? FindBuild(string imageId)
    {
        lock (_gate)
        {
            return _builds.GetValueOrDefault(imageId);
        }
    }

    /// <summary>Builds an image, unless the same recipe has built one, or is being built.</summary>
    /// <param name="key">Stands for all of the recipe.</param>
    /// <param name="recipe">What to build.</param>
    /// <param name="isForced">Whether to build again what was built before, under an id of its own.</param>
    /// <param name="isKept">Whether the next to ask for the same finds this one.</param>
    public string Build(string key, BuildRecipe recipe, bool isForced, bool isKept)
    {
        lock (_gate)
        {
            if (!isForced && _current.TryGetValue(key, out var known) && (_images.ContainsKey(known) || _builds.GetValueOrDefault(known) is { Result: null }))
            {
                return known;
            }

            var imageId = isForced ? ModalIds.New("im") : ModalIds.FromContent("im", Convert.FromHexString(key));
            _builds[imageId] = ImageBuild.Start(imageId, recipe, host, buildLimit, time, content => Add(imageId, content), stopping);
            if (isKept)
            {
                _current[key] = imageId;
            }

            _ = ForgetAsync(key, _builds[imageId]);
            return imageId;
        }
    }

    /// <returns>False when there is no such image.</returns>
    public bool Remove(string imageId)
    {
        ImageContent? content;
        lock (_gate)
        {
            if (!_images.Remove(imageId, out content))
            {
                return false;
            }

            if (_builds.GetValueOrDefault(imageId) is { Result: not null })
            {
                _builds.Remove(imageId);
            }
        }

        foreach (var layer in content.Layers)
        {
            layer.Release();
        }

        return true;
    }

    /// <summary>A failed build is known to those who wait for it only; who asks again has it tried again.</summary>
    private async Task ForgetAsync(string key, ImageBuild build)
    {
        await build.Ended.ConfigureAwait(false);
        lock (_gate)
        {
            if (build.Result is not { Status: GenericStatus.Success } && _current.GetValueOrDefault(key) == build.ImageId && _builds.GetValueOrDefault(build.ImageId) == build)
            {
                _current.Remove(key);
            }

            _ended.Enqueue(build);
            if (_ended.Count > MaxEndedBuilds && _ended.Dequeue() is var oldest && _builds.GetValueOrDefault(oldest.ImageId) == oldest)
            {
                _builds.Remove(oldest.ImageId);
            }
        }
    }
}
