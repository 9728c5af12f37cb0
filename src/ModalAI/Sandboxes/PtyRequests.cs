using ModalAI.Configuration;
using ModalAI.Protocol;

namespace ModalAI.Sandboxes;

/// <summary>Checks a terminal and makes Modal's message of it, with the same fields set as Modal's own SDK sets.</summary>
internal static class PtyRequests
{
    public static void Check(OptionErrors errors, string option, ModalPty? pty)
    {
        if (FindError(pty) is { } error)
        {
            errors.AddStatement($"{errors.NameOf(option)}: {error}");
        }
    }

    /// <summary>What is wrong with it, as a sentence; null for nothing.</summary>
    public static string? FindError(ModalPty? pty)
    {
        if (pty is null)
        {
            return null;
        }

        if (pty.Rows is < 1 or > ushort.MaxValue || pty.Columns is < 1 or > ushort.MaxValue)
        {
            return $"The terminal has {pty.Rows} rows and {pty.Columns} columns; each must be from 1 to {ushort.MaxValue}.";
        }

        return new[] { pty.Term, pty.ColorTerm, pty.TermProgram }.Any(static value => value is null || value.Contains('\0'))
            ? "A variable of the terminal (Term, ColorTerm, TermProgram) is null or holds a NUL character."
            : null;
    }

    public static PTYInfo? Create(ModalPty? pty) => pty is null ? null : new PTYInfo
    {
        Enabled = true,
        WinszRows = (uint)pty.Rows,
        WinszCols = (uint)pty.Columns,
        EnvTerm = pty.Term,
        EnvColorterm = pty.ColorTerm,
        EnvTermProgram = pty.TermProgram,
        PtyType = PTYInfo.Types.PTYType.Shell,
        NoTerminateOnIdleStdin = true,
    };
}
