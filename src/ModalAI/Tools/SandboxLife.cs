namespace ModalAI.Tools;

/// <summary>How long the sandbox of a call lives, as the model sees it.</summary>
internal enum SandboxLife
{
    /// <summary>One sandbox for as long as the tools are used; it is not replaced.</summary>
    Bound,

    /// <summary>One sandbox for all calls; it is replaced when it has ended.</summary>
    Shared,

    /// <summary>One sandbox for all calls of one response; it is replaced when it has ended.</summary>
    PerResponse,

    /// <summary>One sandbox for all calls of a session, such as a conversation or a connection; it is replaced when it has ended.</summary>
    PerSession,

    /// <summary>A new one for each call: no file outlives the call.</summary>
    PerCall,
}
