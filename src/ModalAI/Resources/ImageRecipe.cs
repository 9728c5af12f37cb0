using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ModalAI.Protocol;

namespace ModalAI;

/// <summary>What one build makes: a registry tag as an image, or a layer on top of an image that is there.</summary>
internal sealed class ImageRecipe
{
    /// <summary>What Modal's SDKs call the image below in <c>FROM</c>.</summary>
    private const string BaseTag = "base";

    private readonly string _description;
    private readonly string? _baseId;
    private readonly ModalImage _image;
    private readonly int _layers;

    private ImageRecipe(ModalApp app, string description, string? baseId, ModalImage image, int layers)
    {
        var layer = layers > 0 ? image.Layers[layers - 1] : null;
        App = app;
        _description = description;
        _baseId = baseId;
        _image = image;
        _layers = layers;
        Commands = [$"FROM {(baseId is null ? image.RegistryTag : BaseTag)}", .. layer?.Commands ?? []];
        Options = layer?.Options ?? new ModalImageLayerOptions();
    }

    public ModalApp App { get; }

    public IReadOnlyList<string> Commands { get; }

    public ModalImageLayerOptions Options { get; }

    /// <summary>How to sign in to the registry, if it is private.</summary>
    public (RegistryAuthType Type, ModalSecret Secret)? Credentials => _baseId is null ? _image.RegistryCredentials : null;

    public IEnumerable<BaseImage> BaseImages => _baseId is null ? [] : [new BaseImage { DockerTag = BaseTag, ImageId = _baseId }];

    /// <summary>All values that this build or one below it is given: a layer may show what one below it has kept.</summary>
    public IEnumerable<string> SecretValues =>
        _image.Layers.Take(_layers).SelectMany(static layer => layer.Options.Secrets.SelectMany(ValuesOf).Concat(layer.Options.EnvironmentVariables.Values))
            .Concat(_image.RegistryCredentials is { } credentials ? ValuesOf(credentials.Secret) : []);

    public static ImageRecipe ForTag(ModalApp app, ModalImage image) => new(app, $"image '{image.RegistryTag}'", null, image, 0);

    public static ImageRecipe ForLayer(ModalApp app, ModalImage image, int layer, string baseId) =>
        new(app, $"layer {layer + 1} of {image.Layers.Count} of image '{image.RegistryTag ?? image.BaseId}'", baseId, image, layer + 1);

    /// <summary>Equal for what is built alike. Values of secrets are part of it, as a hash only.</summary>
    public (string AppId, string Environment, string Hash) GetKey()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, [_baseId ?? "", .. Commands]);
        Add(hash, [((int?)Credentials?.Type ?? 0).ToString(CultureInfo.InvariantCulture), .. Credentials is { } credentials ? Parts(credentials.Secret) : []]);
        Add(hash, [Options.Gpu ?? ""]);
        Add(hash, Parts(Options.EnvironmentVariables));
        foreach (var secret in Options.Secrets)
        {
            Add(hash, [.. Parts(secret)]);
        }

        return (App.Id, App.Environment, Convert.ToHexString(hash.GetHashAndReset()));
    }

    /// <summary>For messages: neither variables nor secrets.</summary>
    public override string ToString() => _description;

    private static IEnumerable<string> ValuesOf(ModalSecret secret) => secret.Values?.Values ?? [];

    private static IEnumerable<string> Parts(ModalSecret secret) =>
        secret.Values is { } values ? ["values", .. Parts(values)] : ["name", secret.Name!, .. secret.RequiredKeys];

    private static IEnumerable<string> Parts(IReadOnlyDictionary<string, string> values) =>
        values.OrderBy(static pair => pair.Key, StringComparer.Ordinal).SelectMany(static pair => new[] { pair.Key, pair.Value });

    /// <summary>Each part with its length, and the group with its count, so that no two lists look alike.</summary>
    private static void Add(IncrementalHash hash, IEnumerable<string> parts)
    {
        var all = parts.Select(Encoding.UTF8.GetBytes).ToArray();
        hash.AppendData(BitConverter.GetBytes(all.Length));
        foreach (var part in all)
        {
            hash.AppendData(BitConverter.GetBytes(part.Length));
            hash.AppendData(part);
        }
    }
}
