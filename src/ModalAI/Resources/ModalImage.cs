namespace ModalAI;

/// <summary>
/// Describes the image that a sandbox starts from. A description only: it is built, or found to be built already, when a sandbox is
/// created or <see cref="ModalImages.BuildAsync"/> is called.
/// </summary>
public sealed record ModalImage
{
    private const string IdPrefix = "im-";

    private ModalImage()
    {
    }

    /// <summary>The registry tag, such as <c>python:3.13-slim</c>; null when the image is given by its id.</summary>
    public string? RegistryTag { get; private init; }

    /// <summary>The image's id (<c>im-…</c>); null when it is given by a tag.</summary>
    public string? Id { get; private init; }

    /// <summary>An image of a public registry.</summary>
    /// <param name="tag">The tag, such as <c>python:3.13-slim</c> or <c>ghcr.io/owner/name:1.2</c>.</param>
    /// <exception cref="ArgumentException">The tag is empty or has blanks or control characters.</exception>
    public static ModalImage FromRegistry(string tag)
    {
        ArgumentException.ThrowIfNullOrEmpty(tag);
        if (tag.Any(static c => char.IsWhiteSpace(c) || char.IsControl(c)))
        {
            throw new ArgumentException("An image tag has no blanks or control characters, such as 'python:3.13-slim'.", nameof(tag));
        }

        return new ModalImage { RegistryTag = tag };
    }

    /// <summary>An image that Modal has built already.</summary>
    /// <param name="id">Its id (<c>im-…</c>).</param>
    /// <exception cref="ArgumentException">That is not the id of an image.</exception>
    public static ModalImage FromId(string id)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return id.StartsWith(IdPrefix, StringComparison.Ordinal)
            ? new ModalImage { Id = id }
            : throw new ArgumentException($"'{id}' is not an image id; those start with '{IdPrefix}'.", nameof(id));
    }

    /// <summary>An image id where the text looks like one, else a registry tag.</summary>
    /// <param name="tagOrId">A tag or an id.</param>
    public static ModalImage Parse(string tagOrId)
    {
        ArgumentException.ThrowIfNullOrEmpty(tagOrId);
        return tagOrId.StartsWith(IdPrefix, StringComparison.Ordinal) ? FromId(tagOrId) : FromRegistry(tagOrId);
    }

    /// <inheritdoc/>
    public override string ToString() => Id ?? RegistryTag!;
}
