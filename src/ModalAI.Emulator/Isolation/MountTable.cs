using System.Text;
using ModalAI.Emulator.Isolation.Native;

namespace ModalAI.Emulator.Isolation;

/// <summary>
/// The table of mounts that put a root together at <c>m</c> in a directory, and what they need beside it: <c>up</c> for what is written, <c>work</c> for the
/// kernel, <c>l</c> for links to what is below.
/// </summary>
internal sealed class MountTable
{
    private readonly NamespaceHolder _holder;
    private readonly BaseFileSystem _base;
    private readonly StringBuilder _table = new();
    private readonly List<(string Source, string Target)> _idmapped = [];
    private int _links;

    public MountTable(NamespaceHolder holder, BaseFileSystem baseFileSystem, string path)
    {
        _holder = holder;
        _base = baseFileSystem;
        Path = path;
        Make($"{path}/m", DirectoryMode.PassThrough);
        Make($"{path}/up", DirectoryMode.Private);
        Make($"{path}/work", DirectoryMode.Private);
        Make($"{path}/l", DirectoryMode.Private);
    }

    public string Path { get; }

    /// <returns>A path by which the topmost directory below the writable one is seen with the owners that sandboxes know.</returns>
    public string AddOverlay(LayeredDirectory layered)
    {
        Make($"{Path}/up/{layered.Name}", DirectoryMode.Public);
        Own($"{Path}/up/{layered.Name}");
        Make($"{Path}/work/{layered.Name}", DirectoryMode.Public);

        // Links keep the option short, and free of the characters that have a meaning in it: all of them have to fit into a page.
        var lower = new List<string>();
        foreach (var layer in layered.Layers)
        {
            var link = $"l/{_links++}";
            File.CreateSymbolicLink($"{Path}/{link}", layer.IsWrittenBySandbox ? layer.Path : Idmap(layer.Path));
            lower.Add(link);
        }

        // Without redirections, what is written does not point into what is below it, and stands on its own. A plain user cannot have them.
        var kind = _holder.Tier == IsolationTier.User ? "userxattr" : "redirect_dir=nofollow,metacopy=off,index=off";
        Add("overlay", layered.Path, "overlay", $"lowerdir={string.Join(':', lower)},upperdir=up/{layered.Name},workdir=work/{layered.Name},{kind}");
        return lower[0];
    }

    public void Add(string source, string target, string type, string options) =>
        _table.Append(Escape(source)).Append(' ').Append(Escape($"{Path}/m{target}")).Append(' ').Append(type).Append(' ').Append(options).Append(" 0 0\n");

    /// <summary>Where a host directory appears with the owners that the sandbox knows. The mount goes with the directory that it is on.</summary>
    public string Idmap(string hostDirectory)
    {
        if (_holder.Tier != IsolationTier.IdmappedRoot)
        {
            return hostDirectory;
        }

        if (_base.FindIdmapped(hostDirectory) is { } shared)
        {
            return shared;
        }

        var target = $"{Path}/work/idmapped{_idmapped.Count}";
        _idmapped.Add((hostDirectory, target));
        return target;
    }

    /// <summary>Writes the table, <c>fstab</c> in the directory.</summary>
    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        if (_idmapped.Count > 0)
        {
            await _holder.MountIdmappedAsync(_idmapped, cancellationToken).ConfigureAwait(false);
        }

        await File.WriteAllTextAsync($"{Path}/fstab", _table.ToString(), cancellationToken).ConfigureAwait(false);
    }

    public static void Make(string path, uint mode)
    {
        if (Libc.MakeDirectory(path, mode) < 0 || Libc.ChangeMode(path, mode) < 0)
        {
            throw Descriptor.LastError($"Making the directory {path}");
        }
    }

    /// <summary>Gives a directory to the sandbox's root.</summary>
    public void Own(string path)
    {
        var (user, group) = _holder.RootOwner;
        if (Libc.ChangeOwner(path, user, group) < 0)
        {
            throw Descriptor.LastError($"Giving {path} to the sandbox's root");
        }
    }

    private static string Escape(string path) =>
        path.Replace("\\", "\\134", StringComparison.Ordinal)
            .Replace(" ", "\\040", StringComparison.Ordinal)
            .Replace("\t", "\\011", StringComparison.Ordinal)
            .Replace("\n", "\\012", StringComparison.Ordinal);
}
