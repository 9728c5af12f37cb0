using System.Text;
using ModalAI.Emulator.Isolation.Native;

namespace ModalAI.Emulator.Isolation;

/// <summary>The directory of one sandbox: what it writes, where it is put together, and the table of its mounts.</summary>
internal sealed class SandboxDirectory
{
    private static readonly string[] ReadOnlyProc = ["sys", "irq", "bus", "fs", "sysrq-trigger"];
    private static readonly string[] EmptyProcFiles = ["kcore", "keys", "timer_list"];
    private static readonly string[] EmptyProcDirectories = ["acpi", "scsi"];
    private static readonly string[] Devices = ["null", "zero", "full", "random", "urandom", "tty"];

    private readonly NamespaceHolder _holder;
    private readonly BaseFileSystem _base;
    private readonly StringBuilder _table = new();
    private readonly List<(string Source, string Target)> _idmapped = [];
    private int _links;

    private SandboxDirectory(NamespaceHolder holder, BaseFileSystem baseFileSystem, string path)
    {
        _holder = holder;
        _base = baseFileSystem;
        Path = path;
    }

    public string Path { get; }

    public static async Task<SandboxDirectory> CreateAsync(
        NamespaceHolder holder, BaseFileSystem baseFileSystem, SandboxSpec spec, CancellationToken cancellationToken)
    {
        var directory = new SandboxDirectory(holder, baseFileSystem, System.IO.Path.Join(baseFileSystem.Boxes, spec.Id));
        try
        {
            // Sandboxes' users pass through this directory.
            Make(directory.Path, DirectoryMode.PassThrough);
            await directory.FillAsync(spec, cancellationToken).ConfigureAwait(false);
            return directory;
        }
        catch
        {
            await directory.DeleteAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>What the sandbox writes: one directory for each overlay.</summary>
    public string Writable => $"{Path}/up";

    public Task DeleteAsync() => SandboxFiles.RemoveAsync(Path, CancellationToken.None);

    private async Task FillAsync(SandboxSpec spec, CancellationToken cancellationToken)
    {
        Make($"{Path}/m", DirectoryMode.PassThrough);
        Make($"{Path}/up", DirectoryMode.Private);
        Make($"{Path}/work", DirectoryMode.Private);
        Make($"{Path}/l", DirectoryMode.Private);
        var layout = _base.LayOut(spec.RootFileSystem, spec.Layers);
        foreach (var layered in layout.Directories)
        {
            AddOverlay(layered);
        }

        AddKernelFileSystems();
        foreach (var volume in spec.Volumes)
        {
            AddVolume(layout, volume);
        }

        if (_idmapped.Count > 0)
        {
            await _holder.MountIdmappedAsync(_idmapped, cancellationToken).ConfigureAwait(false);
        }

        await File.WriteAllTextAsync($"{Path}/fstab", _table.ToString(), cancellationToken).ConfigureAwait(false);
    }

    private void AddOverlay(LayeredDirectory layered)
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
        var options = $"lowerdir={string.Join(':', lower)},upperdir=up/{layered.Name},workdir=work/{layered.Name},{kind}";
        Add("overlay", layered.Path, "overlay", options);
    }

    private void AddKernelFileSystems()
    {
        Add("proc", "/proc", "proc", "nosuid,nodev,noexec");
        if (_holder.Tier != IsolationTier.User)
        {
            // Only needed where the sandbox's root may be this computer's, and harmless elsewhere.
            foreach (var name in ReadOnlyProc.Where(static name => System.IO.Path.Exists("/proc/" + name)))
            {
                Add($"{Path}/m/proc/{name}", $"/proc/{name}", "none", "bind,ro");
            }

            foreach (var name in EmptyProcFiles.Where(static name => File.Exists("/proc/" + name)))
            {
                Add("/dev/null", $"/proc/{name}", "none", "bind");
            }

            foreach (var name in EmptyProcDirectories.Where(static name => Directory.Exists("/proc/" + name)))
            {
                Add("tmpfs", $"/proc/{name}", "tmpfs", "ro,size=4k");
            }
        }

        foreach (var name in Devices)
        {
            Add($"/dev/{name}", $"/dev/{name}", "none", "bind");
        }

        Add("devpts", "/dev/pts", "devpts", "newinstance,ptmxmode=0666,mode=620");
        Add("tmpfs", "/dev/shm", "tmpfs", "nosuid,nodev,mode=1777");
        if (_holder.Tier == IsolationTier.User)
        {
            // A plain bind of a tree with mounts of others below it is refused to a user.
            // It stays writable below, and control groups may have been delegated to the user: whoever writes there can end processes.
            Add("/sys", "/sys", "none", "rbind,ro,nosuid,nodev,noexec");
            if (Directory.Exists("/sys/fs/cgroup"))
            {
                Add("tmpfs", "/sys/fs/cgroup", "tmpfs", "ro,size=4k");
            }
        }
        else
        {
            Add("/sys", "/sys", "none", "bind,ro,nosuid,nodev,noexec");
            if (Directory.Exists("/sys/firmware"))
            {
                Add("tmpfs", "/sys/firmware", "tmpfs", "ro,size=4k");
            }
        }
    }

    private void AddVolume(RootLayout layout, VolumeBind volume)
    {
        var (layered, path) = layout.Resolve(volume.MountPath);

        // Made in the writable layer, where everything is ours: a symbolic link below cannot lead the mount astray.
        var target = $"{Path}/up/{layered.Name}";
        var below = "";
        foreach (var name in path[layered.Path.Length..].Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            target = $"{target}/{name}";
            below = $"{below}/{name}";
            if (!Directory.Exists(target))
            {
                Make(target, layered.GetMode(below));
                Own(target);
            }
        }

        Add(Idmap(volume.HostDirectory), path, "none", volume.ReadOnly ? "bind,ro,nosuid,nodev" : "bind,nosuid,nodev");
    }

    /// <summary>Where a host directory appears with the owners that the sandbox knows. The mount goes with the directory that it is on.</summary>
    private string Idmap(string hostDirectory)
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

    private void Add(string source, string target, string type, string options) =>
        _table.Append(Escape(source)).Append(' ').Append(Escape($"{Path}/m{target}")).Append(' ').Append(type).Append(' ').Append(options).Append(" 0 0\n");

    private static string Escape(string path) =>
        path.Replace("\\", "\\134", StringComparison.Ordinal)
            .Replace(" ", "\\040", StringComparison.Ordinal)
            .Replace("\t", "\\011", StringComparison.Ordinal)
            .Replace("\n", "\\012", StringComparison.Ordinal);

    private static void Make(string path, uint mode)
    {
        if (Libc.MakeDirectory(path, mode) < 0 || Libc.ChangeMode(path, mode) < 0)
        {
            throw Descriptor.LastError($"Making the directory {path}");
        }
    }

    private void Own(string path)
    {
        var (user, group) = _holder.RootOwner;
        if (Libc.ChangeOwner(path, user, group) < 0)
        {
            throw Descriptor.LastError($"Giving {path} to the sandbox's root");
        }
    }
}
