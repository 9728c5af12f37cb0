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
            MountTable.Make(directory.Path, DirectoryMode.PassThrough);
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
        var table = new MountTable(_holder, _base, Path);
        var layout = _base.LayOut(spec.RootFileSystem, spec.Layers);
        foreach (var layered in layout.Directories)
        {
            table.AddOverlay(layered);
        }

        AddKernelFileSystems(table);
        foreach (var volume in spec.Volumes)
        {
            AddVolume(table, layout, volume);
        }

        await table.WriteAsync(cancellationToken).ConfigureAwait(false);
    }

    private void AddKernelFileSystems(MountTable table)
    {
        table.Add("proc", "/proc", "proc", "nosuid,nodev,noexec");
        if (_holder.Tier != IsolationTier.User)
        {
            // Only needed where the sandbox's root may be this computer's, and harmless elsewhere.
            foreach (var name in ReadOnlyProc.Where(static name => System.IO.Path.Exists("/proc/" + name)))
            {
                table.Add($"{Path}/m/proc/{name}", $"/proc/{name}", "none", "bind,ro");
            }

            foreach (var name in EmptyProcFiles.Where(static name => File.Exists("/proc/" + name)))
            {
                table.Add("/dev/null", $"/proc/{name}", "none", "bind");
            }

            foreach (var name in EmptyProcDirectories.Where(static name => Directory.Exists("/proc/" + name)))
            {
                table.Add("tmpfs", $"/proc/{name}", "tmpfs", "ro,size=4k");
            }
        }

        foreach (var name in Devices)
        {
            table.Add($"/dev/{name}", $"/dev/{name}", "none", "bind");
        }

        table.Add("devpts", "/dev/pts", "devpts", "newinstance,ptmxmode=0666,mode=620");
        table.Add("tmpfs", "/dev/shm", "tmpfs", "nosuid,nodev,mode=1777");
        if (_holder.Tier == IsolationTier.User)
        {
            // A plain bind of a tree with mounts of others below it is refused to a user.
            // It stays writable below, and control groups may have been delegated to the user: whoever writes there can end processes.
            table.Add("/sys", "/sys", "none", "rbind,ro,nosuid,nodev,noexec");
            if (Directory.Exists("/sys/fs/cgroup"))
            {
                table.Add("tmpfs", "/sys/fs/cgroup", "tmpfs", "ro,size=4k");
            }
        }
        else
        {
            table.Add("/sys", "/sys", "none", "bind,ro,nosuid,nodev,noexec");
            if (Directory.Exists("/sys/firmware"))
            {
                table.Add("tmpfs", "/sys/firmware", "tmpfs", "ro,size=4k");
            }
        }
    }

    private void AddVolume(MountTable table, RootLayout layout, VolumeBind volume)
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
                MountTable.Make(target, layered.GetMode(below));
                table.Own(target);
            }
        }

        table.Add(table.Idmap(volume.HostDirectory), path, "none", volume.ReadOnly ? "bind,ro,nosuid,nodev" : "bind,nosuid,nodev");
    }
}
