namespace ModalAI.Tests.Tools.Failures;

/// <summary>Each status of gRPC at each phase of a function's work, streams that break, and sandboxes that die.</summary>
internal static class CallFailureCatalogue
{
    private const string HasEnded = "The sandbox has ended";
    private const string NoAnswer = "Look at the state first, then try again";
    private const string Refused = "was refused, so nothing was done";

    private static readonly RpcStatusCode[] Statuses = [.. Enum.GetValues<RpcStatusCode>().Where(static status => status != RpcStatusCode.Ok)];
    private static readonly RpcStatusCode[] Transient =
        [RpcStatusCode.Cancelled, RpcStatusCode.Unknown, RpcStatusCode.DeadlineExceeded, RpcStatusCode.Internal, RpcStatusCode.Unavailable];

    private static readonly string[] Lookups = ["AppGetOrCreate", "SandboxCreateV2"];
    private static readonly string[] Calls = ["TaskExecStart", "TaskExecStdioRead", "TaskExecWait", "TaskExecStdinWrite"];

    /// <summary>Where no sandbox is to be had.</summary>
    public static IReadOnlyList<CallFailure> Creating { get; } =
    [
        .. from rpc in Lookups from status in Statuses
           select new CallFailure(Bash(rpc, status, "lasts").IsTheOperators(), new(rpc) { Status = status }, CallPlace.Response),
        .. from rpc in Lookups from status in Transient
           select new CallFailure(Bash(rpc, status, "once").GoesUnnoticed(), new(rpc) { Status = status, Times = 1 }, CallPlace.Response),
        new(Bash("create-lost").GoesUnnoticed(), new("SandboxCreateV2") { LosesReply = true, Times = 1 }, CallPlace.Response),
        new(Bash("create-throttled").GoesUnnoticed(), new("SandboxCreateV2") { Status = RpcStatusCode.ResourceExhausted, RetryAfter = TimeSpan.FromMilliseconds(10), Times = 1 }, CallPlace.Response),
        .. from rpc in Calls
           from status in new[] { RpcStatusCode.NotFound, RpcStatusCode.FailedPrecondition }
           where rpc is "TaskExecStart" || (rpc is not "TaskExecStdinWrite" && status == RpcStatusCode.FailedPrecondition)
           select new CallFailure(Bash(rpc, status, "new").Recovers("The next call gets a new one", sees: "ran"), new(rpc) { Status = status, Times = 1 }, CallPlace.LaterResponse),
    ];

    /// <summary>Where commands are run in a sandbox.</summary>
    public static IReadOnlyList<CallFailure> Running { get; } =
    [
        .. from rpc in Calls from status in Statuses where !IsForEver(rpc, status)
           select new CallFailure(Expect(rpc, status), new(rpc) { Status = status }, CallPlace.HastySandbox),
        .. from status in Statuses
           select new CallFailure(ExpectOfJob(status), new("TaskExecPoll") { Status = status }, CallPlace.HastySandbox),
        .. from rpc in Calls from status in Transient
           select new CallFailure(Bash(rpc, status, "once").GoesUnnoticed(), new(rpc) { Status = status, Times = 1 }, CallPlace.Sandbox),
        .. from rpc in Calls
           from status in new[] { RpcStatusCode.Aborted, RpcStatusCode.DataLoss }
           where rpc is not "TaskExecStdinWrite"
           select new CallFailure(Bash(rpc, status, "again").Recovers(NoAnswer, sees: "ran"), new(rpc) { Status = status, Times = 1 }, CallPlace.Sandbox),
        .. from failure in Files()
           select new CallFailure(failure.Recovers(NoAnswer), new("TaskExecStart") { Status = RpcStatusCode.Aborted, Times = 1 }, CallPlace.Sandbox),
        .. from way in Enum.GetValues<ModalEmulatorBreak>()
           from rule in new ModalEmulatorFaultRule[]
           {
               new("TaskExecStart") { LosesReply = true }, new("TaskExecWait") { LosesReply = true }, new("TaskExecStdinWrite") { LosesReply = true },
               new("TaskExecStdioRead") { BreakAfterSent = 0 }, new("TaskExecStdioRead") { BreakAfterSent = 7 },
           }
           select new CallFailure(Bash($"{rule.Rpc}-{way}-{rule.BreakAfterSent}".ToLowerInvariant()).GoesUnnoticed("exit code 0\nran"), rule with { Break = way, Times = 1 }, CallPlace.Sandbox),
        new(Bash("rotated-tokens").GoesUnnoticed(), null, CallPlace.Sandbox) { Before = static (emulator, _, _) => Do(emulator.Faults.RotateRouterTokens) },
        new(Bash("rotated-credentials").GoesUnnoticed(), null, CallPlace.Sandbox) { Before = static (emulator, _, _) => Do(emulator.Faults.RotateAuthTokens) },
        new(Bash("moved-router").GoesUnnoticed(), null, CallPlace.Sandbox) { Before = static (emulator, _, token) => emulator.Faults.MoveRouterAsync(token) },
    ];

    private static FailureCase Bash(string id) => FailureCase.Claude(id, "bash", ("command", "echo ran"));

    private static FailureCase Bash(string phase, RpcStatusCode status, string how) => Bash(CallFailure.Name(phase, status, how));

    /// <summary>What has to come of a status that does not go away.</summary>
    private static FailureCase Expect(string rpc, RpcStatusCode status)
    {
        // A command that reads to the end of its input, so that it has not ended before its input fails.
        var failure = rpc == "TaskExecStdinWrite" && !IsIgnored(status)
            ? FailureCase.Claude(CallFailure.Name(rpc, status, "lasts"), "bash", ("command", "cat"))
            : Bash(rpc, status, "lasts");
        return status switch
        {
            _ when rpc == "TaskExecStdinWrite" && IsIgnored(status) => failure.GoesUnnoticed(),
            RpcStatusCode.NotFound or RpcStatusCode.FailedPrecondition => failure.IsTold(HasEnded),
            _ => Expect(failure, status),
        };
    }

    private static FailureCase Expect(FailureCase failure, RpcStatusCode status) => status switch
    {
        RpcStatusCode.InvalidArgument or RpcStatusCode.OutOfRange => failure.IsTold(Refused),
        RpcStatusCode.DeadlineExceeded or RpcStatusCode.Aborted or RpcStatusCode.DataLoss => failure.IsTold(NoAnswer),
        _ => failure.IsTheOperators(),
    };

    private static FailureCase ExpectOfJob(RpcStatusCode status)
    {
        var failure = FailureCase.Claude(CallFailure.Name("TaskExecPoll", status, "lasts"), "bash_output", ("bash_id", "{job}")).WithJob("echo started; sleep 600");
        return status switch
        {
            RpcStatusCode.NotFound => failure.IsTold("There is no job"),
            RpcStatusCode.FailedPrecondition => failure.IsTold(HasEnded),
            _ => Expect(failure, status),
        };
    }

    /// <summary>The command is what tells whether it got its input: where it is over, or its sandbox is, nothing is amiss.</summary>
    private static bool IsIgnored(RpcStatusCode status) => status is RpcStatusCode.NotFound or RpcStatusCode.FailedPrecondition or RpcStatusCode.Aborted;

    /// <summary>Waiting for an exit goes on when an attempt of it runs out of time, as a command may take long.</summary>
    private static bool IsForEver(string rpc, RpcStatusCode status) => rpc == "TaskExecWait" && status == RpcStatusCode.DeadlineExceeded;

    private static IEnumerable<FailureCase> Files() =>
    [
        FailureCase.Claude("unanswered-read", "read", ("file_path", "/etc/passwd")),
        FailureCase.Claude("unanswered-write", "write", ("file_path", "/tmp/unanswered"), ("content", "x\n")),
        FailureCase.Claude("unanswered-edit", "edit", ("file_path", "/tmp/unanswered"), ("old_string", "x"), ("new_string", "y")),
        FailureCase.Claude("unanswered-glob", "glob", ("pattern", "*"), ("path", "/etc")),
        FailureCase.Claude("unanswered-grep", "grep", ("pattern", "root"), ("path", "/etc/passwd")),
        FailureCase.OpenAI("unanswered-patch", "apply_patch", ("input", "*** Begin Patch\n*** Add File: /tmp/unanswered-patch\n+x\n*** End Patch")),
        FailureCase.LangChain("unanswered-ls", "ls", ("path", "/etc")),
        FailureCase.LangChain("unanswered-delete", "delete", ("file_path", "/tmp/unanswered-patch")),
        FailureCase.AgentFramework("unanswered-shell", "run_shell", ("command", "true")),
    ];

    private static Task Do(Action action)
    {
        action();
        return Task.CompletedTask;
    }
}
