using System.Text.Json.Serialization;

namespace ModalAI.Emulator.Control;

/// <summary>A rule as the control endpoint takes and gives it; see <see cref="ModalEmulatorFaultRule"/>.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record ControlFault
{
    private const double MaxSeconds = 1e6;

    /// <summary>Given, not taken.</summary>
    public string? Id { get; init; }

    /// <summary>Given, not taken.</summary>
    public int? Hits { get; init; }

    public required string Rpc { get; init; }

    public int? Times { get; init; }

    public int Every { get; init; } = 1;

    public int Skip { get; init; }

    public double DelaySeconds { get; init; }

    /// <summary>gRPC's name or number, such as <c>UNAVAILABLE</c>, <c>Unavailable</c> or 14.</summary>
    public string? Status { get; init; }

    public string? Message { get; init; }

    public double? RetryAfterSeconds { get; init; }

    public bool LosesReply { get; init; }

    public long? BreakAfterSent { get; init; }

    public long? BreakAfterReceived { get; init; }

    public ModalEmulatorBreak Break { get; init; }

    public IReadOnlyList<string> Warnings { get; init; } = [];

    public static ControlFault From(ModalEmulatorFault fault) => new()
    {
        Id = fault.Id,
        Hits = fault.Hits,
        Rpc = fault.Rule.Rpc,
        Times = fault.Rule.Times,
        Every = fault.Rule.Every,
        Skip = fault.Rule.Skip,
        DelaySeconds = fault.Rule.Delay.TotalSeconds,
        Status = fault.Rule.Status?.ToString(),
        Message = fault.Rule.Message,
        RetryAfterSeconds = fault.Rule.RetryAfter?.TotalSeconds,
        LosesReply = fault.Rule.LosesReply,
        BreakAfterSent = fault.Rule.BreakAfterSent,
        BreakAfterReceived = fault.Rule.BreakAfterReceived,
        Break = fault.Rule.Break,
        Warnings = fault.Rule.Warnings,
    };

    /// <exception cref="ArgumentException">A value cannot be one of the rule's.</exception>
    public ModalEmulatorFaultRule ToRule() => new(Rpc)
    {
        Times = Times,
        Every = Every,
        Skip = Skip,
        Delay = Seconds("delaySeconds", DelaySeconds),
        Status = Status is null ? null : ReadStatus(Status),
        Message = Message,
        RetryAfter = RetryAfterSeconds is { } after ? Seconds("retryAfterSeconds", after) : null,
        LosesReply = LosesReply,
        BreakAfterSent = BreakAfterSent,
        BreakAfterReceived = BreakAfterReceived,
        Break = Break,
        Warnings = Warnings ?? [],
    };

    private static TimeSpan Seconds(string name, double value) =>
        value is >= 0 and <= MaxSeconds ? TimeSpan.FromSeconds(value) : throw new ArgumentException($"{name}: {value} is not from 0 to {MaxSeconds:0}.", name);

    private static RpcStatusCode ReadStatus(string text) =>
        Enum.TryParse<RpcStatusCode>(text.Replace("_", "", StringComparison.Ordinal), ignoreCase: true, out var status)
            ? status
            : throw new ArgumentException($"status: '{text}' is no status of gRPC; give a name such as UNAVAILABLE, or a number.", nameof(text));
}
