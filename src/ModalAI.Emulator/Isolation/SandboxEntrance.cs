using System.Globalization;
using Microsoft.Win32.SafeHandles;
using ModalAI.Emulator.Isolation.Native;

namespace ModalAI.Emulator.Isolation;

/// <summary>The way into one sandbox: its namespaces, and the programs that take a command there.</summary>
internal sealed class SandboxEntrance : IDisposable
{
    /// <summary>Where commands are looked for that are given no PATH.</summary>
    public const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>nsenter complains under the name it was started by.</summary>
    private const string NameInComplaints = "exec";

    private static readonly Dictionary<string, string> DefaultEnvironment = new()
    {
        ["PATH"] = DefaultPath,
        ["HOME"] = "/root",
        ["LANG"] = "C.UTF-8",
    };

    // What the C library acts on in any program: nsenter still is one of this computer, outside the sandbox.
    private static readonly string[] UnsafeNames = ["GCONV_PATH", "GLIBC_TUNABLES", "LANGUAGE", "LOCPATH", "NLSPATH", "OUTPUT_CHARSET"];

    private readonly NamespaceHolder _holder;
    private readonly string _nsenter;
    private readonly IReadOnlyList<string> _prefix;
    private readonly IReadOnlyList<string> _terminalPrefix;
    private readonly SafeFileHandle _init;
    private readonly SafeFileHandle _root;
    private readonly SafeFileHandle _mountNamespace;
    private readonly SafeFileHandle _terminals;
    private readonly SafeFileHandle? _pidNamespace;

    /// <param name="holder">The namespaces around all sandboxes.</param>
    /// <param name="init">PID 1 of the sandbox, as this computer numbers it.</param>
    /// <param name="hasOwnNetwork">Whether there is a network namespace to join: a user may not join the computer's, even when in it.</param>
    /// <param name="nsenter">The program nsenter.</param>
    /// <param name="renamedNsenter">A link to nsenter under the name that it is to complain by.</param>
    public SandboxEntrance(NamespaceHolder holder, int init, bool hasOwnNetwork, string nsenter, string renamedNsenter)
    {
        _holder = holder;
        _nsenter = nsenter;
        InitProcessId = init;
        HasOwnNetwork = hasOwnNetwork;
        var target = init.ToString(CultureInfo.InvariantCulture);
        string[] network = hasOwnNetwork ? ["-n"] : [];
        string[] last = ["-t", target, "-U", "-m", "-i", "-u", .. network, "--wd=.", "--"];

        // Root is born in the PID namespace. A user may join it only from within the user namespace that owns it, and needs a process
        // that waits outside; only then can the command have a session that is known inside.
        string[] Prefix(params string[] session) => IsWrapped
            ?
            [
                NameInComplaints, "--preserve-credentials", $"--user=/proc/{holder.ProcessId}/ns/user", $"--pid=/proc/{target}/ns/pid", "--",
                HostTools.Setsid, .. session, renamedNsenter, "--preserve-credentials", .. last,
            ]
            : [NameInComplaints, .. last];
        _prefix = Prefix();
        _terminalPrefix = Prefix("-c");
        try
        {
            _init = Descriptor.OpenProcess(init);
            _root = Descriptor.Open($"/proc/{target}/root", Libc.OpenPath);
            _mountNamespace = Descriptor.Open($"/proc/{target}/ns/mnt", 0);

            // Before anything of the sandbox runs that could put something else there.
            _terminals = Descriptor.OpenInRoot(_root, "/dev/pts/ptmx", Libc.OpenPath);
            _pidNamespace = IsWrapped ? null : Descriptor.Open($"/proc/{target}/ns/pid", 0);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public int InitProcessId { get; }

    /// <summary>What is mounted in the sandbox.</summary>
    public SafeFileHandle MountNamespace => _mountNamespace;

    public bool HasOwnNetwork { get; }

    public (uint UserId, uint GroupId) RootOwner => _holder.RootOwner;

    /// <summary>Whether what is started only waits for the command, which is its child.</summary>
    public bool IsWrapped => _holder.Tier == IsolationTier.User;

    /// <exception cref="System.ComponentModel.Win32Exception">It is no directory of the sandbox.</exception>
    public SafeFileHandle OpenDirectory(string path)
    {
        // With a slash at the end only a directory is found.
        return Descriptor.OpenInRoot(_root, path + "/", Libc.OpenPath);
    }

    /// <summary>A new terminal among the sandbox's own.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">The kernel refused.</exception>
    public Terminal OpenTerminal(TerminalSize size) => Terminal.Open(_terminals, size, RootOwner);

    /// <exception cref="System.ComponentModel.Win32Exception">The kernel refused.</exception>
    public ChildProcess Start(ProcessSpec spec, SafeFileHandle directory, SafeFileHandle input, SafeFileHandle output, SafeFileHandle error)
    {
        var environment = new List<string>();
        var late = new List<string>();
        foreach (var (name, value) in DefaultEnvironment.Where(pair => !spec.Environment.ContainsKey(pair.Key)).Concat(spec.Environment))
        {
            (IsUnsafe(name) ? late : environment).Add($"{name}={value}");
        }

        string[] setter = late.Count == 0 ? [] : ["/usr/bin/env", .. late];
        return ChildProcess.Start(new SpawnRequest
        {
            Program = _nsenter,
            Arguments = [.. spec.Terminal is null ? _prefix : _terminalPrefix, .. setter, .. spec.Arguments],
            Environment = environment,
            Input = input,
            TakeTerminal = spec.Terminal is not null && !IsWrapped,
            Output = output,
            Error = error,
            WorkingDirectory = directory,
            PidNamespace = _pidNamespace,
            ContinueWhenStopped = IsWrapped,
        });
    }

    /// <summary>Ends PID 1, and with it everything in the sandbox.</summary>
    public void Kill() => _ = Libc.SendSignal(_init, Libc.Kill);

    public void Dispose()
    {
        _init?.Dispose();
        _root?.Dispose();
        _mountNamespace?.Dispose();
        _terminals?.Dispose();
        _pidNamespace?.Dispose();
    }

    private static bool IsUnsafe(string name) =>
        name.StartsWith("LD_", StringComparison.Ordinal) || name.StartsWith("MALLOC_", StringComparison.Ordinal) || UnsafeNames.Contains(name);
}
