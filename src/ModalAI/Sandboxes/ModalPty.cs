namespace ModalAI;

/// <summary>A terminal for a command (<see cref="ModalCommand.Pty"/>) or for a sandbox's own (<see cref="ModalSandboxCreateOptions.Pty"/>). Its size is fixed. Modal's message <c>PTYInfo</c>.</summary>
public sealed record ModalPty
{
    /// <summary>Lines, 1 to 65535 (<c>winsz_rows</c>). Default 24.</summary>
    public int Rows { get; init; } = 24;

    /// <summary>Characters in a line, 1 to 65535 (<c>winsz_cols</c>). Default 80.</summary>
    public int Columns { get; init; } = 80;

    /// <summary>The variable <c>TERM</c>: what the terminal understands. Default <c>xterm-256color</c>.</summary>
    public string Term { get; init; } = "xterm-256color";

    /// <summary>The variable <c>COLORTERM</c>. Default <c>truecolor</c>; empty for none.</summary>
    public string ColorTerm { get; init; } = "truecolor";

    /// <summary>The variable <c>TERM_PROGRAM</c>: what shows the terminal. Default none.</summary>
    public string TermProgram { get; init; } = "";
}
