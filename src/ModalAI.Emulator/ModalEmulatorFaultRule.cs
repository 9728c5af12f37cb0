namespace ModalAI.Emulator;

/// <summary>
/// What goes wrong, in which calls and how often; <see cref="ModalEmulatorFaults.Add"/> puts it into force. Several effects may be combined: a delay comes first, a
/// status takes the place of the call, all else befalls a call that is carried out.
/// </summary>
/// <param name="Rpc">
/// The RPC by its short name, such as <c>SandboxCreateV2</c>; <c>*</c> at the end stands for any rest, so that <c>TaskExec*</c> is each of those and <c>*</c> is all.
/// </param>
public sealed record ModalEmulatorFaultRule(string Rpc)
{
    private const int MaxTextLength = 4096;
    private const int MaxWarnings = 100;
    private static readonly TimeSpan MaxDelay = TimeSpan.FromHours(1);

    /// <summary>How many calls it strikes before it has no more effect, at least one. Default: null, without end.</summary>
    public int? Times { get; init; }

    /// <summary>Strikes every nth call of those that it names, 1 or more. Default: 1, each.</summary>
    public int Every { get; init; } = 1;

    /// <summary>How many calls pass unharmed before the first that counts. Default: 0.</summary>
    public int Skip { get; init; }

    /// <summary>How long the call waits before anything else happens, at most an hour of real time. Default: not at all.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>The status that answers in the place of the call, which is not carried out. Default: null, it is. <see cref="RpcStatusCode.Ok"/> is none.</summary>
    public RpcStatusCode? Status { get; init; }

    /// <summary>The text of the <see cref="Status"/>, at most 4096 characters. Default: one that says that it was asked for.</summary>
    public string? Message { get; init; }

    /// <summary>
    /// When the client is to come back, said beside the <see cref="Status"/> (<c>RPCRetryPolicy</c> in the trailer <c>grpc-status-details-bin</c>), at most an hour.
    /// Default: null, nothing is said.
    /// </summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether the call is carried out and its reply is lost: the <see cref="Break"/> comes in the reply's place. Default: false.</summary>
    public bool LosesReply { get; init; }

    /// <summary>
    /// After how many bytes of the reply the call breaks, gRPC's frames of five bytes and the messages counted; 0 is before the first. A reply that ends earlier does not break.
    /// Default: null, never.
    /// </summary>
    public long? BreakAfterSent { get; init; }

    /// <summary>
    /// After how many bytes of the request the call breaks, likewise; messages that were complete until then have been processed. A request that ends earlier does not break.
    /// Default: null, never.
    /// </summary>
    public long? BreakAfterReceived { get; init; }

    /// <summary>How the call breaks. Default: <see cref="ModalEmulatorBreak.ResetStream"/>.</summary>
    public ModalEmulatorBreak Break { get; init; }

    /// <summary>What the server warns of with the reply (trailer <c>x-modal-warning</c>), at most 100 texts. Default: nothing.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Whether a call counts as struck when it breaks, not when it starts.</summary>
    internal bool StrikesLate => LosesReply || BreakAfterSent is not null || BreakAfterReceived is not null;

    internal bool Names(string rpc) =>
        Rpc.EndsWith('*') ? rpc.AsSpan().StartsWith(Rpc.AsSpan(0, Rpc.Length - 1), StringComparison.Ordinal) : rpc == Rpc;

    /// <exception cref="ArgumentException">A value is not allowed; the message says which and why.</exception>
    internal void Validate(IEnumerable<string> rpcs)
    {
        Require(!string.IsNullOrEmpty(Rpc) && rpcs.Any(Names), nameof(Rpc), $"'{Rpc}' names no RPC of Modal; give a short name such as SandboxCreateV2, or a beginning and '*'");
        Require(Times is null or > 0, nameof(Times), $"{Times} is not above zero");
        Require(Every > 0, nameof(Every), $"{Every} is not above zero");
        Require(Skip >= 0, nameof(Skip), $"{Skip} is below zero");
        Require(Delay >= TimeSpan.Zero && Delay <= MaxDelay, nameof(Delay), $"{Delay} is not between zero and an hour");
        Require(Status is null || (Status != RpcStatusCode.Ok && Enum.IsDefined(Status.Value)), nameof(Status), $"{Status} is not a status of a failure");
        Require(Message is null || Status is not null, nameof(Message), "it needs a Status to be the text of");
        Require(Message is null or { Length: <= MaxTextLength }, nameof(Message), $"it is longer than {MaxTextLength} characters");
        Require(RetryAfter is null || Status is not null, nameof(RetryAfter), "it needs a Status to be said with");
        Require(RetryAfter is null || (RetryAfter >= TimeSpan.Zero && RetryAfter <= MaxDelay), nameof(RetryAfter), $"{RetryAfter} is not between zero and an hour");
        Require(BreakAfterSent is null or >= 0, nameof(BreakAfterSent), $"{BreakAfterSent} is below zero");
        Require(BreakAfterReceived is null or >= 0, nameof(BreakAfterReceived), $"{BreakAfterReceived} is below zero");
        Require(Enum.IsDefined(Break), nameof(Break), $"{Break} is no way to break");
        Require(Status is null || !StrikesLate, nameof(Status), "a call that is not carried out cannot break; use two rules");
        Require(
            Warnings is { Count: <= MaxWarnings } && Warnings.All(static text => text is { Length: > 0 and <= MaxTextLength }),
            nameof(Warnings),
            $"they are more than {MaxWarnings}, or one is empty or longer than {MaxTextLength} characters");
        Require(Status is not null || StrikesLate || Delay > TimeSpan.Zero || Warnings.Count > 0, nameof(Rpc), "the rule has no effect; set one");
    }

    private static void Require(bool isMet, string property, string problem)
    {
        if (!isMet)
        {
            throw new ArgumentException($"{nameof(ModalEmulatorFaultRule)}.{property}: {problem}.", property);
        }
    }
}
