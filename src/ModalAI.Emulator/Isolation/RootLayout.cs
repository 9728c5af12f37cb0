namespace ModalAI.Emulator.Isolation;

/// <summary>The copy-on-write directories that make up a sandbox's root; the first is the root itself.</summary>
internal sealed class RootLayout(IReadOnlyList<LayeredDirectory> directories)
{
    private const int LinkLimit = 40;

    private static readonly string[] Reserved = ["/dev", "/proc", "/sys"];

    public IReadOnlyList<LayeredDirectory> Directories => directories;

    /// <summary>Where an absolute path of a new sandbox leads once its symbolic links are followed, without ever leaving its root.</summary>
    /// <exception cref="ArgumentException">Nothing can be mounted there.</exception>
    public (LayeredDirectory Directory, string Path) Resolve(string mountPath)
    {
        if (!mountPath.StartsWith('/') || mountPath.Contains('\0') || mountPath.Split('/').Contains(".."))
        {
            throw new ArgumentException($"The mount path '{mountPath}' is not absolute, or holds '..'. Give an absolute path such as /data.", nameof(mountPath));
        }

        var path = "";
        var links = 0;
        var names = new Stack<string>(Names(mountPath).Reverse());
        while (names.TryPop(out var name))
        {
            if (name == "..")
            {
                path = path[..Math.Max(path.LastIndexOf('/'), 0)];
                continue;
            }

            var next = $"{path}/{name}";
            var owner = Find(next);
            if (owner.GetLinkTarget(next[owner.Path.Length..]) is not { } target)
            {
                path = next;
                continue;
            }

            if (++links > LinkLimit)
            {
                throw new ArgumentException($"The mount path '{mountPath}' runs through more than {LinkLimit} symbolic links.", nameof(mountPath));
            }

            path = target.StartsWith('/') ? "" : path;
            foreach (var part in Names(target).Reverse())
            {
                names.Push(part);
            }
        }

        if (directories.Any(directory => directory.Path == path) || Reserved.Any(top => path == top || path.StartsWith(top + "/", StringComparison.Ordinal)))
        {
            throw new ArgumentException(
                $"Nothing can be mounted at '{mountPath}': it is the root, a system directory, or below /dev, /proc or /sys. Give a path such as /data.",
                nameof(mountPath));
        }

        return (Find(path), path);
    }

    private static IEnumerable<string> Names(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(static name => name != ".");

    private LayeredDirectory Find(string path) =>
        directories.Skip(1).FirstOrDefault(directory => path == directory.Path || path.StartsWith(directory.Path + "/", StringComparison.Ordinal)) ?? directories[0];
}
