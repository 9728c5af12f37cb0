using System.Globalization;
using Microsoft.Extensions.Logging;
using ModalAI.Emulator.Isolation.Native;

namespace ModalAI.Emulator.Isolation;

/// <summary>Sets up sandboxes, one after another or side by side.</summary>
internal sealed class SandboxBuilder : IDisposable
{
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(10);

    private readonly NamespaceHolder _holder;
    private readonly BaseFileSystem _base;
    private readonly LayerStore _layers;
    private readonly SealedProgram? _sealedNsenter;
    private readonly ILogger _logger;

    public SandboxBuilder(NamespaceHolder holder, BaseFileSystem baseFileSystem, ILogger logger)
    {
        _holder = holder;
        _base = baseFileSystem;
        _layers = new LayerStore(holder, baseFileSystem.Layers, baseFileSystem.Empty);
        _logger = logger;
        _sealedNsenter = holder.Tier == IsolationTier.PlainRoot ? new SealedProgram(HostTools.Nsenter) : null;
    }

    /// <param name="spec">What the sandbox is to be.</param>
    /// <param name="removed">Called when nothing of it is left.</param>
    /// <param name="cancellationToken">Gives it up, and leaves nothing.</param>
    public async Task<IsolatedSandbox> BuildAsync(SandboxSpec spec, Action removed, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var directory = await SandboxDirectory.CreateAsync(_holder, _base, spec, cancellationToken).ConfigureAwait(false);
        HostCommand? anchor = null;
        try
        {
            anchor = HostCommand.Start(AnchorArguments(directory, spec), input: null);
            var report = await anchor.ReadReportAsync("READY ", cancellationToken).ConfigureAwait(false)
                ?? throw new IsolationUnavailableException(
                    $"Sandbox {spec.Id} could not be set up: {await anchor.DescribeEndAsync(cancellationToken).ConfigureAwait(false)}");
            var processes = report.Split(' ').Select(static number => int.Parse(number, CultureInfo.InvariantCulture)).ToArray();
            await WaitForEndAsync(processes[1], cancellationToken).ConfigureAwait(false);
            var entrance = new SandboxEntrance(
                _holder, processes[0], spec.HasOwnNetwork, _sealedNsenter?.Path ?? HostTools.Nsenter, _base.RenamedNsenter);
            var network = spec.HasOwnNetwork ? new NetworkEntrance(_holder, processes[0]) : null;
            var mounts = new ImageMounts(_holder, _base, directory.Path, entrance.MountNamespace);
            return new IsolatedSandbox(spec, entrance, network, directory, _layers, mounts, anchor, removed, _logger);
        }
        catch
        {
            if (anchor is not null)
            {
                anchor.Process.KillGroup();
                await ((Task)anchor.Process.Exit).WaitAsync(EndLimit, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                anchor.Dispose();
            }

            await directory.DeleteAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Waits until the files of the layers that were released are gone.</summary>
    public Task WhenLayersRemovedAsync() => _layers.WhenRemovedAsync();

    public Task StopCopyingAsync() => _layers.StopAsync();

    public void Dispose()
    {
        _sealedNsenter?.Dispose();
        _layers.Dispose();
    }

    /// <summary>Waits for a process that is no child of this one, and that has only to exit.</summary>
    private static async Task WaitForEndAsync(int process, CancellationToken cancellationToken)
    {
        while (Libc.SendSignal(process, 0) == 0)
        {
            await Task.Delay(1, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The processes around the sandbox's PID 1: they end with it, and it with them.</summary>
    private List<string> AnchorArguments(SandboxDirectory directory, SandboxSpec spec)
    {
        var isUser = _holder.Tier == IsolationTier.User;
        var kind = spec.NetworkOf is not null ? "shared" : spec.GuardNetwork ? "guarded" : spec.BlockNetwork ? "blocked" : "shared";

        // Without a network of its own, another sandbox has the computer's: there is nothing to join.
        string[] network = spec.NetworkOf is { HasOwnNetwork: true } other
            ? [string.Create(CultureInfo.InvariantCulture, $"--net=/proc/{other.InitProcessId}/ns/net")]
            : [];
        return
        [
            HostTools.Nsenter, "-t", _holder.ProcessId.ToString(CultureInfo.InvariantCulture), "-m", "-p",
            .. isUser ? (string[])["-U", "--preserve-credentials"] : [], .. network,
            "--", HostTools.Unshare, "-m", "-p", "-i", "-u", .. kind == "shared" ? [] : (string[])["-n"], "-f", "--kill-child=KILL",
            "--", HostTools.Shell, "-c", ScriptText.Stage1, "stage1", directory.Path,
            _holder.UserProcessId.ToString(CultureInfo.InvariantCulture), ScriptText.Stage2, kind,
            .. isUser ? (string[])["--preserve-credentials"] : [],
        ];
    }
}
