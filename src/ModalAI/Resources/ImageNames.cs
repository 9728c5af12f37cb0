using ModalAI.Configuration;

namespace ModalAI;

/// <summary>Names that images are published under: <c>[workspace/][environment/]name[:tag]</c>.</summary>
internal static class ImageNames
{
    private const string DefaultTag = "latest";
    private const string IdPrefix = "im-";

    /// <summary>The name in full, and the environment to say beside it: none where the name's prefix says it.</summary>
    /// <exception cref="ArgumentException">The name is malformed, or names an environment while another is given.</exception>
    public static (string Tag, string Environment) Resolve(string name, string? environment, string? defaultEnvironment)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var colon = name.IndexOf(':', StringComparison.Ordinal);
        var path = colon < 0 ? name : name[..colon];
        var tag = colon < 0 ? DefaultTag : name[(colon + 1)..];
        var slash = path.LastIndexOf('/');
        var last = path[(slash + 1)..];
        if (slash == 0 || !ModalNames.IsObjectName(last) || last.StartsWith(IdPrefix, StringComparison.Ordinal))
        {
            throw new ArgumentException(
                $"'{name}' is not the name of an image, '[workspace/][environment/]name[:tag]'. Of its name: {ModalNames.ObjectNameRule}, and it must not start with '{IdPrefix}'.",
                nameof(name));
        }

        if (!ModalNames.IsObjectName(tag))
        {
            throw new ArgumentException($"'{tag}' is not the tag of an image's name: {ModalNames.ObjectNameRule}.", nameof(name));
        }

        if (slash > 0 && !string.IsNullOrEmpty(environment))
        {
            throw new ArgumentException($"The image's name '{name}' says its environment by itself: give none beside it.", nameof(environment));
        }

        return ($"{path}:{tag}", slash > 0 ? "" : environment ?? defaultEnvironment ?? "");
    }
}
