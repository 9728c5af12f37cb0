namespace ModalAI.Leasing;

/// <summary>A sandbox that this process answers for.</summary>
/// <param name="Sandbox">The sandbox.</param>
/// <param name="Tags">Its tags, all of them, since they can only be set together.</param>
/// <param name="Place">Its place among those that may live at once, given back when it has ended.</param>
/// <param name="CreatedAt">When it was created, by the clock for durations.</param>
internal sealed record HeldSandbox(ModalSandbox Sandbox, IReadOnlyDictionary<string, string> Tags, SandboxPlace Place, long CreatedAt)
{
    /// <summary>Until when other processes leave it alone; null for ever.</summary>
    public DateTimeOffset? Expires => LeaseTags.ExpiryOf(Tags);
}
