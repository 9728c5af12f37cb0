using System.Globalization;
using System.Text.RegularExpressions;

namespace ModalAI.Tests.Tools;

/// <summary>What a status says of an output that is not shown whole.</summary>
/// <param name="Stream">The stream, where they are separate.</param>
/// <param name="FirstOmitted">Number of the first line that was left out; 0 where none was.</param>
/// <param name="LastOmitted">Number of the last one.</param>
/// <param name="Lines">How many lines there are; 0 where none was left out.</param>
/// <param name="CutLines">How many lines were cut.</param>
/// <param name="Bytes">How many bytes were printed.</param>
internal sealed record ToldLoss(string Stream, long FirstOmitted, long LastOmitted, long Lines, long CutLines, long Bytes);

/// <summary>
/// The status of a command or a job, read from nothing but the text that a tool has answered: as a program would that knows how our texts begin, and takes
/// nothing for ours that stands after the first line.
/// </summary>
/// <param name="ExitCode">The exit code; null where there is none.</param>
/// <param name="JobId">The job; null where it is none.</param>
/// <param name="IsRunning">Whether it runs.</param>
/// <param name="TimedOut">Whether its time limit ended it.</param>
/// <param name="Losses">What is not shown.</param>
/// <param name="Rest">All that comes after the status.</param>
internal sealed partial record ToldStatus(int? ExitCode, string? JobId, bool IsRunning, bool TimedOut, IReadOnlyList<ToldLoss> Losses, string Rest)
{
    public bool Equals(ToldStatus? other) => other is not null
        && (ExitCode, JobId, IsRunning, TimedOut, Rest) == (other.ExitCode, other.JobId, other.IsRunning, other.TimedOut, other.Rest)
        && Losses.SequenceEqual(other.Losses);

    public override int GetHashCode() => HashCode.Combine(ExitCode, JobId, IsRunning, TimedOut, Losses.Count, Rest);

    public static ToldStatus Parse(string text)
    {
        if (text.StartsWith("Note: the earlier sandbox (", StringComparison.Ordinal))
        {
            text = text[(text.IndexOf('\n', StringComparison.Ordinal) + 1)..];
        }

        var end = text.IndexOf('\n', StringComparison.Ordinal);
        var (line, rest) = end < 0 ? (text, "") : (text[..end], text[(end + 1)..]);
        var state = State().Match(line);
        Assert.True(state.Success, $"No status: {line}");
        var losses = line.Split("; ").Select(static fact => Loss().Match(fact)).Where(static match => match.Success);
        return new ToldStatus(
            Find(state, "exit") is { } exit ? (int)exit : null,
            state.Groups["job"] is { Success: true, Value: var job } ? job : null,
            state.Groups["running"].Success,
            state.Groups["timed"].Success,
            [
                .. losses.Select(static match => new ToldLoss(
                    match.Groups["stream"].Value,
                    Find(match, "first") ?? 0, Find(match, "last") ?? 0, Find(match, "lines") ?? 0, Find(match, "cut") ?? 0, Find(match, "bytes")!.Value)),
            ],
            rest);
    }

    private static long? Find(Match match, string name) =>
        match.Groups[name] is { Success: true } group ? long.Parse(group.ValueSpan, CultureInfo.InvariantCulture) : null;

    [GeneratedRegex(
        @"\A(?:exit code (?<exit>-?\d+)|(?<timed>timed out): |(?<running>still running) after [\d.]+ s as job (?<job>[0-9a-f-]{36}), "
        + @"|job (?<job>[0-9a-f-]{36}) (?:is (?<running>still running)|ended with exit code (?<exit>-?\d+)))")]
    private static partial Regex State();

    [GeneratedRegex(
        @"\A(?:of (?<stream>stdout|stderr) )?(?:lines (?<first>\d+) to (?<last>\d+) of (?<lines>\d+) left out)?(?: and )?(?:(?<cut>\d+) lines? cut)? \((?<bytes>\d+) bytes? in all\)\z")]
    private static partial Regex Loss();
}
