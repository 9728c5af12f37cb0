using ModalAI.Emulator.ControlPlane;
using ModalAI.Emulator.Sandboxes;
using ModalAI.Emulator.Server;

namespace ModalAI.Emulator;

/// <summary>What goes wrong on demand, so that an application can be tested against a Modal that has a bad day. Thread-safe.</summary>
public sealed class ModalEmulatorFaults
{
    private readonly FaultTable _table;
    private readonly TokenIssuer _authTokens;
    private readonly RouterAccess _access;
    private readonly RouterPorts _ports;
    private readonly SandboxRegistry _registry;

    internal ModalEmulatorFaults(FaultTable table, TokenIssuer authTokens, RouterAccess access, RouterPorts ports, SandboxRegistry registry)
    {
        _table = table;
        _authTokens = authTokens;
        _access = access;
        _ports = ports;
        _registry = registry;
    }

    /// <summary>The rules that are in force, in the order in which they were added.</summary>
    public IReadOnlyList<ModalEmulatorFault> Active => _table.All;

    /// <summary>Puts a rule into force for calls that start from now on. At most 1000 are in force at once.</summary>
    /// <param name="rule">What goes wrong.</param>
    /// <returns>The rule in force; disposing of it takes it out of force.</returns>
    /// <exception cref="ArgumentException">The rule names no RPC, has no effect, or a value that is not allowed.</exception>
    /// <exception cref="InvalidOperationException">Too many are in force.</exception>
    public ModalEmulatorFault Add(ModalEmulatorFaultRule rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        return _table.Add(rule);
    }

    /// <summary>Takes all rules out of force.</summary>
    public void Clear() => _table.Clear();

    /// <summary>Has the control plane refuse every auth token that it issued until now, though their expiry may be far off.</summary>
    public void RotateAuthTokens() => _authTokens.Rotate();

    /// <summary>Has the command router refuse every token that was issued for it until now, though their expiry may be far off.</summary>
    public void RotateRouterTokens() => _access.Rotate();

    /// <summary>
    /// Has the command router listen on another port, with a URL of its own. What runs at the one before breaks off, and that port is closed; the emulator's own
    /// port, where the router is at first, stays open for the control plane and answers UNAVAILABLE for the router.
    /// </summary>
    /// <param name="cancellationToken">Cancels the start of the new port.</param>
    public Task MoveRouterAsync(CancellationToken cancellationToken = default) => _ports.MoveAsync(cancellationToken);

    /// <summary>
    /// Has a sandbox die as by the loss of its worker: calls to its command router break off, later ones find no such task, and its result is an internal failure.
    /// Returns when nothing of it runs any more. Nothing happens to a sandbox that has ended.
    /// </summary>
    /// <param name="sandboxId">Its id.</param>
    /// <param name="cancellationToken">Stops waiting; the sandbox dies all the same.</param>
    /// <exception cref="ArgumentException">There is no such sandbox.</exception>
    public Task KillSandboxAsync(string sandboxId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(sandboxId);
        var sandbox = _registry.All.FirstOrDefault(sandbox => sandbox.Id == sandboxId)
            ?? throw new ArgumentException($"There is no sandbox '{sandboxId}'.", nameof(sandboxId));
        return sandbox.IsRunning ? sandbox.DieAsync().WaitAsync(cancellationToken) : Task.CompletedTask;
    }
}
