namespace ModalAI;

/// <summary>
/// Which functions need a person's consent before each call. They are wrapped in <c>ApprovalRequiredAIFunction</c>, which a function-calling chat client heeds: it
/// asks for all calls of a response when one of them needs consent. With <see cref="ModalSandboxChatClientExtensions.WithModalSandbox"/> the sandbox is kept until the
/// answer comes, for <see cref="ModalSandboxToolOptions.ApprovalTimeout"/>.
/// </summary>
public enum ModalToolApproval
{
    /// <summary>None: the sandbox is the limit to what a model can do.</summary>
    None,

    /// <summary>Those that change something: that run commands, write files or publish them. Not those that only read.</summary>
    Writes,

    /// <summary>All of them.</summary>
    All,

    /// <summary>
    /// Those whose effect can leave the sandbox, by the options of the registration: what runs commands where the network can be reached, ports are open or the
    /// sandbox has secrets or buckets; what runs commands or writes files where a volume or a bucket can be written; what publishes files. Of a sandbox that somebody else
    /// has made, or with other options, as with <see cref="ModalSandboxOptions.SandboxId"/> and <see cref="ModalConfigurationDrift.Use"/>, nothing is known: there it is as
    /// <see cref="Writes"/>.
    /// </summary>
    Risk,
}
