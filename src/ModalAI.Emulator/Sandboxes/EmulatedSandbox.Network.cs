using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using ModalAI.Emulator.Isolation;
using ModalAI.Emulator.Network;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;

namespace ModalAI.Emulator.Sandboxes;

/// <summary>The network of a sandbox: the way out, the ways in, and whether it is ready for them.</summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "A token source without a timer holds nothing.")]
internal sealed partial class EmulatedSandbox
{
    private readonly CancellationTokenSource _ending = new();
    private readonly bool _isGuarded;
    private SandboxGateway? _gateway;
    private SandboxTunnels? _tunnels;
    private Task<double>? _ready;

    /// <summary>Cancelled when the end begins.</summary>
    public CancellationToken Ending => _ending.Token;

    /// <summary>Where its ports are reached from outside.</summary>
    public IReadOnlyList<TunnelData> Tunnels => _tunnels?.Data ?? [];

    /// <summary>Connects to a port inside, on its loopback address.</summary>
    /// <exception cref="SocketException">Nothing listens there.</exception>
    public Task<Socket> ConnectAsync(int port, CancellationToken cancellationToken) => Main.Isolated.ConnectAsync(port, cancellationToken);

    /// <summary>Says that somebody is connected from outside; the sandbox is not idle until what is given is disposed of.</summary>
    public IDisposable EnterConnection() => new Visit(_idle);

    /// <summary>Waits until the readiness probe has succeeded.</summary>
    /// <returns>When that was, in Unix seconds.</returns>
    public async Task<double> WaitUntilReadyAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        var ready = _ready ?? throw RpcFailedException.FailedPrecondition($"Sandbox {Id} has no readiness probe; give it one when it is created.");
        try
        {
            return await ready.WaitAsync(timeout, _services.Time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new RpcFailedException(RpcStatusCode.DeadlineExceeded, $"Sandbox {Id} was not ready after {timeout.TotalSeconds:0.###} seconds.");
        }
        catch (OperationCanceledException) when (ready.IsCanceled)
        {
            throw RpcFailedException.FailedPrecondition($"Sandbox {Id} ended before its readiness probe had succeeded.");
        }
    }

    /// <summary>Replaces what the sandbox may reach.</summary>
    public async Task SetNetworkPolicyAsync(NetworkPolicy policy, CancellationToken cancellationToken)
    {
        if (!IsRunning)
        {
            throw RpcFailedException.NotFound($"Sandbox {Id} has ended; its network policy cannot be changed any more.");
        }

        if (Plan.Network.Kind == NetworkKind.Blocked)
        {
            throw RpcFailedException.FailedPrecondition($"Sandbox {Id} was created with its network blocked, which cannot be changed.");
        }

        if (_gateway is null && Plan.Network.Kind == NetworkKind.Guarded)
        {
            throw RpcFailedException.FailedPrecondition(
                $"The emulator does not support outbound allowlists on this computer: {await _services.Network.Support.Problem.ConfigureAwait(false)}.");
        }

        if (_gateway is null)
        {
            throw RpcFailedException.FailedPrecondition(
                $"The emulator cannot change the network of sandbox {Id}, which shares this computer's. Create it with an outbound allowlist, 0.0.0.0/0 for everything, "
                + $"or set {nameof(ModalEmulatorOptions)}.{nameof(ModalEmulatorOptions.SeparateNetworks)}.");
        }

        try
        {
            await _gateway.SetPolicyAsync(policy, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IsolationUnavailableException or ObjectDisposedException)
        {
            throw RpcFailedException.FailedPrecondition($"The network policy of sandbox {Id} could not be changed: {e.Message}");
        }
    }

    /// <summary>Whether the sandbox gets a guarded network.</summary>
    private static async Task<bool> IsGuardedAsync(SandboxPlan plan, SandboxServices services)
    {
        if (plan.Network.Kind is NetworkKind.Shared or NetworkKind.Blocked)
        {
            return false;
        }

        // Nothing at all can be enforced without any rules.
        var isOptional = plan.Network.Kind == NetworkKind.SeparateIfPossible || plan.Network.Policy is { Cidrs.Count: 0, Domains.Count: 0 };
        var problem = await services.Network.Support.Problem.ConfigureAwait(false);
        return problem is null
            || (isOptional ? false : throw RpcFailedException.FailedPrecondition($"The emulator does not support outbound allowlists on this computer: {problem}."));
    }

    /// <summary>Before anything runs in the sandbox.</summary>
    private async Task OpenNetworkAsync(CancellationToken cancellationToken)
    {
        if (_isGuarded)
        {
            _gateway = await SandboxGateway.OpenAsync(Main.Isolated, Plan.Network.Policy, _services.Network.Lookup, cancellationToken).ConfigureAwait(false);
        }

        if (Plan.Network.Ports.Count > 0)
        {
            _tunnels = SandboxTunnels.Open(Plan.Network.Ports, Plan.Network.Inbound, ConnectAsync, EnterConnection, _services.Network.Certificate);
        }
    }

    private void StartReadinessProbe()
    {
        if (Plan.Network.ReadinessProbe is { } probe)
        {
            _ready = ReadinessProbe.RunAsync(probe, ConnectAsync, RunProbeAsync, _services.Time, _ending.Token);
        }
    }

    /// <summary>Runs a command that is nobody's: it has no id, and the sandbox may be idle meanwhile.</summary>
    private async Task<int> RunProbeAsync(IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        IsolatedProcess process;
        try
        {
            process = Main.StartProcess(new ExecRequest
            {
                Id = "",
                Arguments = command,
                Environment = new Dictionary<string, string>(),
                MergeErrorIntoOutput = true,
            });
        }
        catch (ProcessStartException)
        {
            return ExecExit.Killed.Code;
        }

        await using (process.ConfigureAwait(false))
        {
            await process.StandardInput.DisposeAsync().ConfigureAwait(false);
            var draining = process.StandardOutput.CopyToAsync(Stream.Null, cancellationToken);
            var code = await process.Exit.WaitAsync(cancellationToken).ConfigureAwait(false);

            // What it left behind may hold its output open.
            _ = draining.ContinueWith(static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            return code;
        }
    }

    private async Task CloseNetworkAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        if (_tunnels is not null)
        {
            await _tunnels.DisposeAsync().ConfigureAwait(false);
        }

        if (_gateway is not null)
        {
            await _gateway.DisposeAsync().ConfigureAwait(false);
        }

        if (_ready is not null)
        {
            await ((Task)_ready).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private sealed class Visit : IDisposable
    {
        private IdleClock? _clock;

        public Visit(IdleClock? clock)
        {
            clock?.Enter();
            _clock = clock;
        }

        public void Dispose() => Interlocked.Exchange(ref _clock, null)?.Leave();
    }
}
