namespace ModalAI.Emulator.Sandboxes;

/// <summary>What runs behind an exec: a process of the sandbox, or the file tools. The token that it was started with kills it.</summary>
internal interface IExecBody
{
    /// <summary>The exit code; ends as soon as the command itself has.</summary>
    Task<int> Exit { get; }

    /// <summary>Ends when the command has exited and nobody can print any more, and everything it held is released.</summary>
    Task Drained { get; }
}
