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

    /// <summary>Where the layers are that were taken from sandboxes.</summary>
    public string Layers => Path.Join(_directory, "layers");

    /// <summary>Where the directories of sandboxes are.</summary>
    public string Boxes => Path.Join(_directory, "boxes");

    /// <summary>nsenter under the name that its complaints about a command are to bear.</summary>
    public string RenamedNsenter => Path.Join(Boxes, ".tools", "exec");

    /// <summary>A root file system with nothing in it.</summary>
    public string Empty => Path.Join(_directory, "empty");

    private string Skeleton => Path.Join(_directory, "skeleton");

    /// <summary>The places of the host directories' overlays.</summary>
    private string Places => Path.Join(_directory, "places");

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
            foreach (var layer in result.LayOut(rootFileSystem: null, []).Directories.SelectMany(static layered => layered.Layers))
            {
                result._idmapped.Add(layer.Path, Path.Join(directory, $"idmapped{result._idmapped.Count}"));
            }

            await holder.MountIdmappedAsync([.. result._idmapped.Select(static pair => (pair.Key, pair.Value))], cancellationToken).ConfigureAwait(false);
        }

        return result;
    }

    /// <summary>Where a layer appears with the owners that sandboxes know; null when it is none of the base.</summary>
    public string? FindIdmapped(string layer) => _idmapped.GetValueOrDefault(layer);

    /// <summary>The directories that make up the root of a sandbox.</summary>
    /// <param name="rootFileSystem">A host directory with a root file system; null for this computer's own programs.</param>
    /// <param name="written">What sandboxes wrote over it, the lowest first.</param>
    public RootLayout LayOut(string? rootFileSystem, IReadOnlyList<SandboxLayer> written) => LayOut(rootFileSystem, written, isSandbox: true);

    /// <summary>The directories of an image alone, without what a sandbox is mounted on.</summary>
    public RootLayout LayOutImage(ImageContent content) => LayOut(content.RootFileSystem, content.Layers, isSandbox: false);

    private RootLayout LayOut(string? rootFileSystem, IReadOnlyList<SandboxLayer> written, bool isSandbox)
    {
        string[] skeleton = isSandbox ? [Skeleton] : [];

        // What a sandbox wrote is below the skeleton: it cannot put anything else in the place of the directories that are mounted on.
        if (rootFileSystem is not null)
        {
            return new RootLayout([LayOut("", "root", skeleton, written, [rootFileSystem])]);
        }

        List<LayeredDirectory> directories = [LayOut("", "root", [.. skeleton, Places], written, [Root])];
        directories.AddRange(HostDirectories.Select(path =>
            LayOut(path, path[1..], [], written, _tier == IsolationTier.User ? [_directory + path, path] : [path])));
        if (_tier != IsolationTier.User && Directory.Exists(PackageDatabase))
        {
            directories.Add(LayOut(PackageDatabase, "packages", [], written, [PackageDatabase]));
        }

        return new RootLayout(directories);
    }

    private static LayeredDirectory LayOut(string path, string name, string[] above, IReadOnlyList<SandboxLayer> written, string[] below) =>
        new(
            path,
            name,
            [
                .. above.Select(static directory => new LowerDirectory(directory)),
                .. written.Reverse().Select(layer => layer.Find(name)).OfType<string>().Select(static directory => new LowerDirectory(directory, IsWrittenBySandbox: true)),
                .. below.Select(static directory => new LowerDirectory(directory)),
            ]);
}
