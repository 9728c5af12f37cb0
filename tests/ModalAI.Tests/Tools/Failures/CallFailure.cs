namespace ModalAI.Tests.Tools.Failures;

/// <summary>A call to Modal that fails while a function works.</summary>
/// <param name="Case">The function that is called, and what has to come of it.</param>
/// <param name="Rule">What fails, how and how often; null for nothing.</param>
/// <param name="Place">Where the function works.</param>
internal sealed record CallFailure(FailureCase Case, ModalEmulatorFaultRule? Rule, CallPlace Place)
{
    /// <summary>What happens before the function is called, to its sandbox where it has one already.</summary>
    public Func<ModalEmulator, string, CancellationToken, Task> Before { get; init; } = static (_, _, _) => Task.CompletedTask;

    /// <summary>The status, in a name.</summary>
    public static string Name(string phase, RpcStatusCode status, string how) => $"{phase}-{status}-{how}".ToLowerInvariant();
}
