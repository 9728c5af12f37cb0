namespace ModalAI;

/// <summary>What a function can do at most.</summary>
public enum ModalToolEffect
{
    /// <summary>It reads, and changes nothing but logs of its own in the sandbox.</summary>
    Reads,

    /// <summary>It writes or removes files in the sandbox.</summary>
    Writes,

    /// <summary>It runs commands in the sandbox, or gives them input or ends them.</summary>
    Runs,

    /// <summary>It hands a file of the sandbox to the application.</summary>
    Publishes,
}
