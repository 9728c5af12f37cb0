using ModalAI.Configuration;
using ModalAI.Protocol;

namespace ModalAI;

/// <summary>
/// Describes the image that a sandbox starts from: a registry tag or an image that exists, and Dockerfile commands on top, in layers. A description only: it
/// is built, or found to be built already, when a sandbox is created or <see cref="ModalImages.BuildAsync(ModalImage, ModalApp, CancellationToken)"/> is called.
/// </summary>
public sealed record ModalImage
{
    private const string IdPrefix = "im-";

    private ModalImage()
    {
    }

    /// <summary>The registry tag that it begins with, such as <c>python:3.13-slim</c>; null when it begins with an image given by its id.</summary>
    public string? RegistryTag { get; private init; }

    /// <summary>The image's id (<c>im-…</c>); null when it has to be built first.</summary>
    public string? Id => Layers.Count == 0 ? BaseId : null;

    /// <summary>The layers of Dockerfile commands, the lowest first.</summary>
    public IReadOnlyList<ModalImageLayer> Layers { get; private init; } = [];

    /// <summary>The id of the image below the layers; null when that is a registry tag.</summary>
    internal string? BaseId { get; private init; }

    /// <summary>How to sign in to the registry; null for one that is public.</summary>
    internal (RegistryAuthType Type, ModalSecret Secret)? RegistryCredentials { get; private init; }

    /// <summary>An image of a registry.</summary>
    /// <param name="tag">The tag, such as <c>python:3.13-slim</c> or <c>ghcr.io/owner/name:1.2</c>.</param>
    /// <param name="credentials">
    /// For a private registry: a secret with <c>REGISTRY_USERNAME</c> and <c>REGISTRY_PASSWORD</c>; null for a public one.
    /// </param>
    /// <exception cref="ArgumentException">The tag is empty or has blanks or control characters.</exception>
    public static ModalImage FromRegistry(string tag, ModalSecret? credentials = null) =>
        FromTag(tag, credentials is null ? null : (RegistryAuthType.StaticCreds, credentials));

    /// <summary>An image of a private registry of AWS (Elastic Container Registry).</summary>
    /// <param name="tag">The tag, such as <c>000000000000.dkr.ecr.us-east-1.amazonaws.com/name:1.2</c>.</param>
    /// <param name="credentials">A secret with <c>AWS_ACCESS_KEY_ID</c>, <c>AWS_SECRET_ACCESS_KEY</c> and <c>AWS_REGION</c>.</param>
    /// <exception cref="ArgumentException">The tag is empty or has blanks or control characters.</exception>
    public static ModalImage FromAwsEcr(string tag, ModalSecret credentials)
    {
        ArgumentNullException.ThrowIfNull(credentials);
        return FromTag(tag, (RegistryAuthType.Aws, credentials));
    }

    /// <summary>An image of a private registry of Google Cloud (Artifact Registry).</summary>
    /// <param name="tag">The tag, such as <c>us-east1-docker.pkg.dev/project/repository/name:1.2</c>.</param>
    /// <param name="credentials">A secret with <c>SERVICE_ACCOUNT_JSON</c>.</param>
    /// <exception cref="ArgumentException">The tag is empty or has blanks or control characters.</exception>
    public static ModalImage FromGcpArtifactRegistry(string tag, ModalSecret credentials)
    {
        ArgumentNullException.ThrowIfNull(credentials);
        return FromTag(tag, (RegistryAuthType.Gcp, credentials));
    }

    /// <summary>An image that exists on Modal: one that was built, or a snapshot.</summary>
    /// <param name="id">Its id (<c>im-…</c>).</param>
    /// <exception cref="ArgumentException">That is not the id of an image.</exception>
    public static ModalImage FromId(string id)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return id.StartsWith(IdPrefix, StringComparison.Ordinal)
            ? new ModalImage { BaseId = id }
            : throw new ArgumentException($"'{id}' is not an image id; those start with '{IdPrefix}'.", nameof(id));
    }

    /// <summary>An image id where the text looks like one, else a registry tag.</summary>
    /// <param name="tagOrId">A tag or an id.</param>
    public static ModalImage Parse(string tagOrId)
    {
        ArgumentException.ThrowIfNullOrEmpty(tagOrId);
        return tagOrId.StartsWith(IdPrefix, StringComparison.Ordinal) ? FromId(tagOrId) : FromRegistry(tagOrId);
    }

    /// <summary>The same image with one more layer: Dockerfile commands that are run on top of it when it is built. This image stays as it is.</summary>
    /// <param name="commands">The commands, such as <c>RUN pip install requests</c>, <c>ENV KEY=value</c> or <c>WORKDIR /app</c>; none for this very image.</param>
    /// <param name="options">Variables, secrets and a GPU for this layer's build, and whether it is built anew; null for none.</param>
    /// <exception cref="ArgumentException">
    /// A command is empty, or copies files of this computer (<c>COPY</c> without <c>--from=</c>), which Modal cannot see; or an option is invalid.
    /// </exception>
    public ModalImage WithDockerfileCommands(IEnumerable<string> commands, ModalImageLayerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(commands);
        var copy = commands.ToArray();
        return copy.Length == 0 ? this : this with { Layers = [.. Layers, new ModalImageLayer(copy, options ?? new ModalImageLayerOptions())] };
    }

    /// <summary>The same image with one more layer of Dockerfile commands, without any options.</summary>
    /// <param name="commands">The commands; none for this very image.</param>
    /// <exception cref="ArgumentException">A command is empty, or copies files of this computer (<c>COPY</c> without <c>--from=</c>).</exception>
    public ModalImage WithDockerfileCommands(params string[] commands) => WithDockerfileCommands(commands, null);

    /// <inheritdoc/>
    public override string ToString() => (BaseId ?? RegistryTag!) + Layers.Count switch
    {
        0 => "",
        1 => " with 1 layer",
        var count => $" with {count} layers",
    };

    private static ModalImage FromTag(string tag, (RegistryAuthType, ModalSecret)? credentials)
    {
        ArgumentException.ThrowIfNullOrEmpty(tag);
        return ModalNames.IsUnbroken(tag)
            ? new ModalImage { RegistryTag = tag, RegistryCredentials = credentials }
            : throw new ArgumentException("An image tag has no blanks or control characters, such as 'python:3.13-slim'.", nameof(tag));
    }
}
