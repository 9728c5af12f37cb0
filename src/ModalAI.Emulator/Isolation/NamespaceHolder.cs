using System.Globalization;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using ModalAI.Emulator.Isolation.Native;

namespace ModalAI.Emulator.Isolation;

/// <summary>
/// The processes that keep the namespaces of all sandboxes of one emulator: a PID and a mount namespace that every sandbox is nested in, and
/// the user namespace that sandboxes run in. They end when the emulator does, and the kernel then ends every sandbox.
/// </summary>
internal sealed class NamespaceHolder : IAsyncDisposable
{
    private const uint FirstSubordinateId = 1_000_000;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(10);

    private readonly HostCommand _command;
    private readonly Stream _lifeline;
    private SafeFileHandle? _mountNamespace;
    private SafeFileHandle? _owners;
    private NetworkHelper? _networkHelper;

    private NamespaceHolder(IsolationTier tier, HostCommand command, Stream lifeline)
    {
        Tier = tier;
        _command = command;
        _lifeline = lifeline;
    }

    public IsolationTier Tier { get; }

    /// <summary>PID 1 of the namespace around all sandboxes, as this computer numbers it.</summary>
    public int ProcessId { get; private set; }

    /// <summary>A process in the sandboxes' user namespace.</summary>
    public int UserProcessId { get; private set; }

    public (uint UserId, uint GroupId) RootOwner => Tier switch
    {
        IsolationTier.IdmappedRoot => (FirstSubordinateId, FirstSubordinateId),
        IsolationTier.PlainRoot => (0, 0),
        _ => (Libc.EffectiveUserId(), Libc.EffectiveGroupId()),
    };

    public static async Task<NamespaceHolder> StartAsync(IsolationTier tier, CancellationToken cancellationToken)
    {
        // "slave": what is mounted on this computer later can still become a volume.
        string[] shared = ["-m", "--propagation", "slave", "-p", "-f", "--kill-child=KILL", "--", HostTools.Shell, "-c", ScriptText.Holder, "holder", "-U"];
        string[] arguments = tier == IsolationTier.User ? [HostTools.Unshare, "-U", "-r", .. shared, "-r"] : [HostTools.Unshare, .. shared];

        using var lifeline = new ProcessPipe();
        var holder = new NamespaceHolder(tier, HostCommand.Start(arguments, lifeline.Read), lifeline.TakeWriting());
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StartLimit);
        try
        {
            await holder.OpenNamespacesAsync(limit.Token).ConfigureAwait(false);
            return holder;
        }
        catch (Exception exception)
        {
            await holder.DisposeAsync().ConfigureAwait(false);
            if (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                throw new IsolationUnavailableException($"The namespaces were not ready after {StartLimit.TotalSeconds} seconds: {holder._command.Said}", exception);
            }

            throw;
        }
    }

    /// <summary>Makes directories appear with the sandboxes' ids in place of this computer's, in the mount namespace of the sandboxes only.</summary>
    public Task MountIdmappedAsync(IReadOnlyList<(string Source, string Target)> mounts, CancellationToken cancellationToken) =>
        IdmappedMounts.MountAsync(_mountNamespace!, _owners!, mounts, cancellationToken);

    /// <summary>Makes an IPv4 socket in the network of a sandbox, where this process may not go itself.</summary>
    public Task<Socket> OpenSocketAsync(int init, SocketType type, ProtocolType protocol, CancellationToken cancellationToken)
    {
        lock (_command)
        {
            _networkHelper ??= new NetworkHelper(ProcessId);
        }

        return _networkHelper.OpenSocketAsync(init, type, protocol, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        _networkHelper?.Dispose();
        await _lifeline.DisposeAsync().ConfigureAwait(false);
        _mountNamespace?.Dispose();
        _owners?.Dispose();
        try
        {
            await _command.Process.Exit.WaitAsync(EndLimit).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // unshare takes its child, and so the whole namespace, with it.
            _command.Process.KillGroup();
        }

        _command.Dispose();
    }

    private async Task OpenNamespacesAsync(CancellationToken cancellationToken)
    {
        var processes = new Dictionary<string, int>();
        while (processes.Count < 3)
        {
            var report = await _command.ReadReportAsync("PID ", cancellationToken).ConfigureAwait(false)
                ?? throw new IsolationUnavailableException(await _command.DescribeEndAsync(cancellationToken).ConfigureAwait(false));
            var words = report.Split(' ');
            if (words[0] == "failed")
            {
                throw new IsolationUnavailableException(_command.Said);
            }

            processes[words[0]] = int.Parse(words[1], CultureInfo.InvariantCulture);
        }

        ProcessId = processes["holder"];
        UserProcessId = processes["user"];
        var map = $"0 {RootOwner.UserId} 65536\n";
        if (Tier != IsolationTier.User)
        {
            await WriteMapAsync(UserProcessId, map, cancellationToken).ConfigureAwait(false);
        }

        if (Tier == IsolationTier.IdmappedRoot)
        {
            // What this computer's root creates through such a mount (in /proc/PID/root of a sandbox) needs an owner too: one that no
            // sandbox has, until it is given to the sandbox's root.
            await WriteMapAsync(processes["owners"], map + "65536 0 1\n", cancellationToken).ConfigureAwait(false);
            _mountNamespace = Descriptor.Open($"/proc/{ProcessId}/ns/mnt", 0);
            _owners = Descriptor.Open($"/proc/{processes["owners"]}/ns/user", 0);
        }
    }

    private static async Task WriteMapAsync(int process, string map, CancellationToken cancellationToken)
    {
        await File.WriteAllTextAsync($"/proc/{process}/uid_map", map, cancellationToken).ConfigureAwait(false);
        await File.WriteAllTextAsync($"/proc/{process}/gid_map", map, cancellationToken).ConfigureAwait(false);
    }
}
