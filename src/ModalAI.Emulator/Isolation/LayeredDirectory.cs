using ModalAI.Emulator.Isolation.Native;

namespace ModalAI.Emulator.Isolation;

/// <summary>A copy-on-write directory of a sandbox.</summary>
/// <param name="Path">Where the sandbox sees it, without a slash at the end: "" for its root.</param>
/// <param name="Name">The name of its writable layer.</param>
/// <param name="Layers">The host directories below the writable one, topmost first.</param>
internal sealed record LayeredDirectory(string Path, string Name, IReadOnlyList<string> Layers)
{
    /// <summary>The target of a symbolic link in the layers; null where there is none.</summary>
    public string? GetLinkTarget(string path)
    {
        foreach (var layer in Layers)
        {
            var file = new FileInfo(layer + path);
            if (file.LinkTarget is { } target)
            {
                return target;
            }

            if (System.IO.Path.Exists(file.FullName))
            {
                return null;
            }
        }

        return null;
    }

    /// <summary>The mode of a directory in the layers, which a new directory above it has to keep.</summary>
    public uint GetMode(string path)
    {
        foreach (var layer in Layers)
        {
            var directory = new DirectoryInfo(layer + path);
            if (directory.Exists)
            {
                return (uint)directory.UnixFileMode;
            }
        }

        return DirectoryMode.Public;
    }
}
