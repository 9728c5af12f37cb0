using System.Collections.ObjectModel;

namespace ModalAI.Emulator.Isolation;

/// <summary>A command to run in a sandbox.</summary>
internal sealed record ProcessSpec
{
    /// <summary>The program, looked up on the command's PATH inside the sandbox, and its arguments.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>Added to PATH, HOME and LANG, and stronger than those.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    public string WorkingDirectory { get; init; } = "/";

    /// <summary>Whether standard error goes into the pipe of standard output, in order.</summary>
    public bool MergeErrorIntoOutput { get; init; }

    /// <summary>Runs the command on a terminal of this size, which carries its input and all of its output; null for pipes.</summary>
    public TerminalSize? Terminal { get; init; }
}
