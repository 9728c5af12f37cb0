namespace ModalAI.Sandboxes;

/// <summary>What becomes of a command's streams while it is waited for, and for how long that is.</summary>
internal sealed record CommandPlan
{
    /// <summary>Takes standard output; null for nobody, so that it is not asked for.</summary>
    public IOutputSink? Output { get; init; }

    /// <summary>Takes standard error, likewise.</summary>
    public IOutputSink? Error { get; init; }

    /// <summary>What the command reads; null for nothing.</summary>
    public Stream? Input { get; init; }

    /// <summary>Leaves the input open when there is none to send: somebody else writes to it.</summary>
    public bool KeepsInputOpen { get; init; }

    /// <summary>The time limit that Modal was given; null for none.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>How long a command without a time limit is waited for, which is killed then; null for until it ends.</summary>
    public TimeSpan? WaitLimit { get; init; }

    /// <summary>How long to wait before <see cref="LeaveAsync"/> is asked.</summary>
    public TimeSpan Patience { get; init; }

    /// <summary>Asked once whether the command is left running, when it has got all of its input; null to wait for its end.</summary>
    public Func<CancellationToken, Task<bool>>? LeaveAsync { get; init; }
}
