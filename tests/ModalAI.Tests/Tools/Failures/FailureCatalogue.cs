namespace ModalAI.Tests.Tools.Failures;

/// <summary>All ways in which calls go wrong in a sandbox.</summary>
internal static class FailureCatalogue
{
    /// <summary>Where every case finds a sandbox that has ended.</summary>
    public const string EndedSandbox = "ended";

    public static IReadOnlyList<FailureCase> All { get; } = [.. ReadFailures.All, .. ChangeFailures.All, .. CommandFailures.All, .. ArgumentFailures.All, .. AgentFrameworkFailures.All];
}
