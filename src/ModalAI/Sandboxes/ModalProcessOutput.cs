using System.Text;

namespace ModalAI;

/// <summary>What a background process has printed from an offset on, and how it stands.</summary>
public sealed record ModalProcessOutput
{
    /// <summary>The bytes; empty where there are none from the offset on.</summary>
    public required ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>The offset to go on reading at.</summary>
    public required long NextOffset { get; init; }

    /// <summary>Whether this was the last of the output: the process, and all that it has started with the same output, has ended or has closed it.</summary>
    public required bool IsComplete { get; init; }

    /// <summary>The exit code of the process; null while it runs. More output may be left to read all the same: see <see cref="IsComplete"/>.</summary>
    public required int? ExitCode { get; init; }

    /// <summary>Whether the process still runs.</summary>
    public bool IsRunning => ExitCode is null;

    /// <summary>The bytes as UTF-8, invalid ones replaced. A character that is not complete yet is left to the next read.</summary>
    public string GetText() => Encoding.UTF8.GetString(Data.Span);
}
