using ModalAI.Protocol;

namespace ModalAI.Emulator.Server;

/// <summary>The rules that are in force. Calls look here before anything else, so no rule costs next to nothing.</summary>
internal sealed class FaultTable
{
    private const int MaxFaults = 1000;

    private static readonly string[] Rpcs =
        [.. ModalClientReflection.Descriptor.Services[0].Methods.Concat(TaskCommandRouterReflection.Descriptor.Services[0].Methods).Select(method => method.Name)];

    private readonly Lock _gate = new();
    private ModalEmulatorFault[] _faults = [];
    private int _lastId;

    /// <summary>In the order in which they were added.</summary>
    public IReadOnlyList<ModalEmulatorFault> All => Volatile.Read(ref _faults);

    public ModalEmulatorFault Add(ModalEmulatorFaultRule rule)
    {
        rule.Validate(Rpcs);
        lock (_gate)
        {
            if (_faults.Length >= MaxFaults)
            {
                throw new InvalidOperationException($"{MaxFaults} faults are in force, as many as there may be; remove some.");
            }

            var fault = new ModalEmulatorFault($"f{++_lastId}", rule, this);
            _faults = [.. _faults, fault];
            return fault;
        }
    }

    public void Remove(ModalEmulatorFault fault)
    {
        lock (_gate)
        {
            _faults = [.. _faults.Where(other => other != fault)];
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _faults = [];
        }
    }

    /// <summary>What befalls a call that starts now; null for nothing.</summary>
    public CallFaults? Meet(string rpc)
    {
        var faults = Volatile.Read(ref _faults);
        CallFaults? met = null;
        foreach (var fault in faults)
        {
            if (fault.Meets(rpc) && (fault.Rule.StrikesLate || fault.TryHit()))
            {
                (met ??= new CallFaults()).Add(fault);
            }
        }

        return met;
    }
}
