using ModalAI.Emulator.Isolation.Native;

namespace ModalAI.Emulator.Isolation;

/// <summary>What all sandboxes of one host stand on, made once.</summary>
internal sealed class BaseFileSystem
{
    private const string PackageDatabase = "/var/lib/dpkg";

    /// <summary>The directories of this computer that sandboxes see a copy-on-write view of; symbolic links among them are in the root.</summary>
    private static readonly string[] HostDirectories =
    [
        .. new[] { "/usr", "/opt", "/bin", "/sbin", "/lib", "/lib64", "/lib32", "/libx32" }
            .Where(static path => Directory.Exists(path) && new DirectoryInfo(path).LinkTarget is null),
    ];

    private readonly IsolationTier _tier;
    private readonly string _directory;
    private readonly Dictionary<string, string> _idmapped = [];

    private BaseFileSystem(IsolationTier tier, string directory)
    {
        _tier = tier;
        _directory = directory;
    }

    /// <summary>Where the directories of sandboxes are.</summary>
    public string Boxes => Path.Join(_directory, "boxes");

    /// <summary>nsenter under the name that its complaints about a command are to bear.</summary>
    public string RenamedNsenter => Path.Join(Boxes, ".tools", "exec");

    private string Skeleton => Path.Join(_directory, "skeleton");

    private string Root => Path.Join(_directory, "root");

    public static async Task<BaseFileSystem> CreateAsync(NamespaceHolder holder, string directory, CancellationToken cancellationToken)
    {
        var kind = holder.Tier == IsolationTier.User ? "user" : "root";
        var (exitCode, output) = await HostCommand.RunAsync(
            [HostTools.Shell, "-c", ScriptText.Base, "base", directory, kind, HostTools.Nsenter], cancellationToken).ConfigureAwait(false);
        if (exitCode != 0)
        {
            throw new IsolationUnavailableException($"Preparing {directory} failed with exit code {exitCode}: {output}");
        }

        var result = new BaseFileSystem(holder.Tier, directory);
        if (holder.Tier == IsolationTier.IdmappedRoot)
        {
            foreach (var layer in result.LayOut(rootFileSystem: null).Directories.SelectMany(static layered => layered.Layers))
            {
                result._idmapped.Add(layer, Path.Join(directory, $"idmapped{result._idmapped.Count}"));
            }

            await holder.MountIdmappedAsync([.. result._idmapped.Select(static pair => (pair.Key, pair.Value))], cancellationToken).ConfigureAwait(false);
        }

        return result;
    }

    /// <summary>Where a layer appears with the owners that sandboxes know; null when it is none of the base.</summary>
    public string? FindIdmapped(string layer) => _idmapped.GetValueOrDefault(layer);

    /// <summary>The directories that make up the root of a sandbox.</summary>
    /// <param name="rootFileSystem">A host directory with a root file system; null for this computer's own programs.</param>
    public RootLayout LayOut(string? rootFileSystem)
    {
        if (rootFileSystem is not null)
        {
            return new RootLayout([new LayeredDirectory("", "root", [Skeleton, rootFileSystem])]);
        }

        List<LayeredDirectory> directories = [new LayeredDirectory("", "root", [Skeleton, Root])];
        if (_tier == IsolationTier.User)
        {
            directories.AddRange(HostDirectories.Select(path => new LayeredDirectory(path, path[1..], [_directory + path, path])));
        }
        else
        {
            directories.AddRange(HostDirectories.Select(static path => new LayeredDirectory(path, path[1..], [path])));
            if (Directory.Exists(PackageDatabase))
            {
                directories.Add(new LayeredDirectory(PackageDatabase, "packages", [PackageDatabase]));
            }
        }

        return new RootLayout(directories);
    }
}
