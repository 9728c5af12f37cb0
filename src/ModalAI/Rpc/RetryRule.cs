namespace ModalAI.Rpc;

/// <summary>How often a kind of call is repeated after a transient failure.</summary>
/// <param name="MaxRetries">Repetitions after the first attempt.</param>
/// <param name="BaseDelay">Delay before the first repetition; doubles from there.</param>
/// <param name="MaxDelay">What the delay grows to at most.</param>
/// <param name="IsLongPoll">Whether an attempt that runs into its time limit is no failure: the answer is only not there yet.</param>
/// <param name="IsBudgeted">Whether an attempt that runs into its time limit, which is the call's own, ends the call.</param>
internal sealed record RetryRule(int MaxRetries, TimeSpan BaseDelay, TimeSpan MaxDelay, bool IsLongPoll = false, bool IsBudgeted = false)
{
    /// <summary>How long attempts may go on failing, in the place of a number of them; infinite where the number counts.</summary>
    public TimeSpan MaxOutage { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>The command router: many, quickly, since a worker may still be coming up.</summary>
    public static RetryRule Router { get; } = new(10, TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(6));

    /// <summary>What takes long, and is given a time limit by the caller: a snapshot.</summary>
    public static RetryRule RouterBudgeted { get; } = Router with { IsBudgeted = true };

    /// <summary>Waiting for a command to exit: for as long as it takes, through an outage as long as the client's options allow.</summary>
    public static RetryRule RouterWait { get; } = new(int.MaxValue, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1), IsLongPoll: true);

    /// <summary>The control plane, as Modal's own clients do it.</summary>
    public static RetryRule ControlPlane(int maxRetries) => new(maxRetries, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1));
}
