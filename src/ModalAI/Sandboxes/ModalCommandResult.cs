namespace ModalAI;

/// <summary>How a command ended. An exit code other than zero is data, not an error; see <see cref="EnsureSuccess"/>.</summary>
public sealed record ModalCommandResult
{
    /// <summary>The exit code; 128 + n when signal n ended the command, such as 137 when it was killed.</summary>
    public required int ExitCode { get; init; }

    /// <summary>What it wrote to standard output, as UTF-8 with invalid bytes replaced; the middle is left out beyond <see cref="ModalCommand.MaxOutputBytes"/>.</summary>
    public required string StandardOutput { get; init; }

    /// <summary>What it wrote to standard error; empty when merged into the output.</summary>
    public required string StandardError { get; init; }

    /// <summary>Bytes that it wrote to standard output in all.</summary>
    public long StandardOutputBytes { get; init; }

    /// <summary>Bytes that it wrote to standard error in all.</summary>
    public long StandardErrorBytes { get; init; }

    /// <summary>Whether the middle of a stream was left out.</summary>
    public bool IsOutputTruncated { get; init; }

    /// <summary>
    /// Whether the time limit ended the command. What it wrote until then is kept. Where Modal has not ended it in time and killing it has failed too, which is logged, it may
    /// run on.
    /// </summary>
    public bool TimedOut { get; init; }

    /// <summary>How long it took, as seen from here.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>Whether it ended by itself with exit code zero.</summary>
    public bool IsSuccess => ExitCode == 0 && !TimedOut;

    /// <summary>Throws when the command did not succeed.</summary>
    /// <returns>This result.</returns>
    /// <exception cref="ModalCommandFailedException">The exit code is not zero, or the time limit ended the command.</exception>
    public ModalCommandResult EnsureSuccess() => IsSuccess ? this : throw new ModalCommandFailedException(this);
}
