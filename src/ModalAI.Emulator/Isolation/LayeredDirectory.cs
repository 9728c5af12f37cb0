using ModalAI.Emulator.Isolation.Native;

namespace ModalAI.Emulator.Isolation;

/// <summary>A copy-on-write directory of a sandbox.</summary>
/// <param name="Path">Where the sandbox sees it, without a slash at the end: "" for its root.</param>
/// <param name="Name">The name of its writable layer.</param>
/// <param name="Layers">What is below the writable one, topmost first.</param>
internal sealed record LayeredDirectory(string Path, string Name, IReadOnlyList<LowerDirectory> Layers)
{
    // The second is that of a plain user.
    private static readonly string[] OpaqueMarks = ["trusted.overlay.opaque", "user.overlay.opaque"];

    /// <summary>The target of a symbolic link in the layers; null where there is none.</summary>
    public string? GetLinkTarget(string path) => Find(path) is { } found ? new FileInfo(found).LinkTarget : null;

    /// <summary>The mode of a directory in the layers, which a new directory above it has to keep.</summary>
    public uint GetMode(string path)
        => Find(path) is { } found && new DirectoryInfo(found) is { Exists: true } directory ? (uint)directory.UnixFileMode : DirectoryMode.Public;

    /// <summary>What the overlay shows at a path, in the topmost layer that has it; null where it shows nothing.</summary>
    private string? Find(string path)
    {
        var directories = Layers.Select(static layer => layer.Path).ToList();
        string? found = null;
        foreach (var name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            found = null;
            var next = new List<string>();
            foreach (var candidate in directories.Select(directory => $"{directory}/{name}"))
            {
                var file = new FileInfo(candidate);
                var isDirectory = file.LinkTarget is null && Directory.Exists(candidate);
                if (!isDirectory && file.LinkTarget is null && !System.IO.Path.Exists(candidate))
                {
                    continue;
                }

                // Anything but a directory, the mark of a deleted file among it, hides what is below it.
                found ??= candidate;
                if (!isDirectory)
                {
                    break;
                }

                next.Add(candidate);
                if (IsOpaque(candidate))
                {
                    break;
                }
            }

            if (found is null)
            {
                return null;
            }

            directories = next;
        }

        return found;
    }

    private static unsafe bool IsOpaque(string directory) => OpaqueMarks.Any(mark => Libc.GetAttribute(directory, mark, null, 0) > 0);
}
