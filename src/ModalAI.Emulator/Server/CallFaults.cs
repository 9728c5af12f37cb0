using ModalAI.Protocol;

namespace ModalAI.Emulator.Server;

/// <summary>What befalls one call. Of several rules for the same effect the first counts; delays and warnings add up.</summary>
internal sealed class CallFaults
{
    private readonly List<string> _warnings = [];

    public TimeSpan Delay { get; private set; }

    /// <summary>Answers in the place of the call.</summary>
    public RpcStatus? Failure { get; private set; }

    /// <summary>Breaks the call once its reply has so many bytes.</summary>
    public ModalEmulatorFault? Sending { get; private set; }

    /// <summary>Breaks the call once so many bytes of its request have come.</summary>
    public ModalEmulatorFault? Receiving { get; private set; }

    /// <summary>Breaks the call when it has been carried out.</summary>
    public ModalEmulatorFault? Reply { get; private set; }

    public IReadOnlyList<string> Warnings => _warnings;

    public void Add(ModalEmulatorFault fault)
    {
        var rule = fault.Rule;
        Delay += rule.Delay;
        _warnings.AddRange(rule.Warnings);
        Sending ??= rule.BreakAfterSent is null ? null : fault;
        Receiving ??= rule.BreakAfterReceived is null ? null : fault;
        Reply ??= rule.LosesReply ? fault : null;
        if (Failure is null && rule.Status is { } status)
        {
            var details = rule.RetryAfter is { } after ? [new RPCRetryPolicy { RetryAfterSecs = (float)after.TotalSeconds }] : Array.Empty<Google.Protobuf.IMessage>();
            Failure = new RpcStatus(status, rule.Message ?? $"A fault of the emulator ({fault.Id}) answers in the place of the call.", details);
        }
    }
}
