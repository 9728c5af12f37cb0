namespace ModalAI;

/// <summary>A command failed where it had to succeed. The message holds the end of what it wrote.</summary>
public sealed class ModalCommandFailedException : ModalException
{
    private const int MaxQuoted = 1000;

    internal ModalCommandFailedException(ModalCommandResult result)
        : base(ModalErrorCode.CommandFailed, Describe(result))
    {
        Result = result;
    }

    /// <summary>How the command ended.</summary>
    public ModalCommandResult Result { get; }

    private static string Describe(ModalCommandResult result)
    {
        var end = result.TimedOut
            ? $"The command was killed after {result.Duration.TotalSeconds:0.#} s, its time limit."
            : $"The command ended with exit code {result.ExitCode}.";
        var output = (result.StandardError.Length > 0 ? result.StandardError : result.StandardOutput).Trim();
        return output.Length == 0 ? end : $"{end} {(output.Length > MaxQuoted ? "…" + output[^MaxQuoted..] : output)}";
    }
}
