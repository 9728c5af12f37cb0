namespace ModalAI.Leasing;

/// <summary>What is to be done about the sandbox that has a name.</summary>
internal enum NamedSandboxVerdict
{
    /// <summary>None runs: make one.</summary>
    Make,

    /// <summary>It can be used.</summary>
    Use,

    /// <summary>Another process is setting it up, or has just ended it: look again.</summary>
    Wait,

    /// <summary>It can't be used, and is ours to end: end it, and make one.</summary>
    Differs,
}
