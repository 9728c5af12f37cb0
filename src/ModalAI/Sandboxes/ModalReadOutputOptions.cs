namespace ModalAI;

/// <summary>How <see cref="ModalBackgroundProcess.ReadOutputAsync"/> reads.</summary>
public sealed record ModalReadOutputOptions
{
    /// <summary>How many bytes are read at most by default: 64 KiB.</summary>
    public const int DefaultMaxBytes = 64 * 1024;

    /// <summary>How many bytes to read at most, at least 1. Default <see cref="DefaultMaxBytes"/>.</summary>
    public int MaxBytes { get; init; } = DefaultMaxBytes;

    /// <summary>How long to wait for output where there is none yet. The end of the process ends the wait. Default zero: what is there now.</summary>
    public TimeSpan Wait { get; init; }

    /// <summary>Reads standard error in place of standard output. Default false.</summary>
    public bool StandardError { get; init; }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Wait, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Wait, TimeSpan.FromDays(1));
    }
}
