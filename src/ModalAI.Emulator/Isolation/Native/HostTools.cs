namespace ModalAI.Emulator.Isolation.Native;

/// <summary>The programs of this computer that set up sandboxes, and the environment they get.</summary>
internal static class HostTools
{
    private static readonly string[] Directories = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];

    /// <summary>Nothing of the emulator's own environment reaches what it starts.</summary>
    public static IReadOnlyList<string> Environment { get; } = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"];

    public static string Shell { get; } = "/bin/sh";

    public static string Nsenter { get; } = Find("nsenter");

    public static string Unshare { get; } = Find("unshare");

    public static string Setsid { get; } = Find("setsid");

    public static string Nft { get; } = Find("nft");

    /// <summary>Not everybody has it; what needs it says so.</summary>
    public static string Perl { get; } = Find("perl");

    /// <summary>The programs that a guarded network needs and that this computer lacks.</summary>
    public static IReadOnlyList<string> FindMissingForNetworks()
    {
        string[] needed = ["nft", "ip"];
        return [.. needed.Where(static name => !File.Exists(Find(name)))];
    }

    /// <summary>The programs that sandboxes need and that this computer lacks.</summary>
    public static IReadOnlyList<string> FindMissing()
    {
        string[] needed = ["nsenter", "unshare", "setsid", "mount", "umount", "pivot_root", "env", "cat", "sleep", "tar", "find", "xargs", "ldd"];
        return [.. needed.Where(static name => !File.Exists(Find(name)))];
    }

    private static string Find(string name) =>
        Directories.Select(directory => Path.Join(directory, name)).FirstOrDefault(File.Exists) ?? Path.Join(Directories[0], name);
}
