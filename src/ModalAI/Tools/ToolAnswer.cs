namespace ModalAI.Tools;

/// <summary>What a tool's script answered.</summary>
/// <param name="Status">First word of the first line; empty when the script said nothing.</param>
/// <param name="Detail">Rest of the first line.</param>
/// <param name="Payload">All that follows.</param>
/// <param name="Result">How the command ended; null while it goes on.</param>
internal sealed record ToolAnswer(string Status, string Detail, string Payload, ModalCommandResult? Result)
{
    /// <summary>Whether the time limit ended the script.</summary>
    public bool TimedOut => Result is { TimedOut: true };

    public static ToolAnswer Parse(string output, ModalCommandResult? result)
    {
        var end = output.IndexOf('\n', StringComparison.Ordinal);
        if (end < 0 && result is not null)
        {
            return new ToolAnswer("", "", "", result);
        }

        var (line, payload) = end < 0 ? (output, "") : (output[..end], output[(end + 1)..]);
        var space = line.IndexOf(' ', StringComparison.Ordinal);
        return space < 0 ? new ToolAnswer(line, "", payload, result) : new ToolAnswer(line[..space], line[(space + 1)..], payload, result);
    }

    /// <summary>What to tell of a path that is no file that can be read, or of a script that failed.</summary>
    /// <param name="path">The path as the model gave it.</param>
    /// <param name="tool">Name of the tool.</param>
    /// <param name="words">How the tools are called.</param>
    public ToolReply DescribeFailure(string path, string tool, ToolWords words)
    {
        var name = ToolText.Quote(path);
        return Status switch
        {
            "directory" => ToolReply.Fail(ToolFailure.IsDirectory, $"{name} is a directory{Entries()}.{ToolWords.Use(words.List, "for directories")}"),
            "dangling" => ToolReply.Fail(ToolFailure.NotFound, $"{name} is a symbolic link to {ToolText.Quote(Detail)}, which does not exist.{ToolWords.Use(words.Glob, "to look for it")}"),
            "missing" => ToolReply.Fail(ToolFailure.NotFound, $"{name} does not exist{At(path)}.{Similar(path, words)}"),
            "orphan" => ToolReply.Fail(
                ToolFailure.NotFound, $"{name} does not exist{At(path)}: its directory does not exist either, or is a file.{ToolWords.Use(words.Glob, "to look for it")}"),
            "special" => ToolReply.Fail(
                ToolFailure.SpecialFile,
                $"{name} is a device, pipe or socket, not a regular file; {tool} leaves those alone.{ToolWords.Use(words.Shell, "(ls -l) to see what it is")}"),
            "denied" => ToolReply.Fail(
                ToolFailure.Denied, $"The sandbox's user has no permission for {name}.{ToolWords.Use(words.Shell, "(ls -l) to see whose it is")}"),
            "" when Result is null => ToolReply.Fail(ToolFailure.Failed, $"{tool} got no answer; nothing was changed. Try again."),
            "" when Result.TimedOut => ToolReply.Fail(
                ToolFailure.TimedOut, $"{tool} did not finish within {Result.Duration.TotalSeconds:0} s and was stopped. Try a narrower path."),
            "" when Result.ExitCode is 126 or 127 or 128 && Result.StandardError.Length == 0 => ToolReply.Fail(
                ToolFailure.Failed, $"{tool} needs /bin/sh, which this sandbox does not offer."),
            "" => ToolReply.Fail(ToolFailure.Failed, $"{tool} failed with exit code {Result.ExitCode}: {LastLine(Result.StandardError)}"),
            _ => ToolReply.Fail(ToolFailure.Failed, $"{tool} failed: {Detail}"),
        };
    }

    public static string LastLine(string text) => text.TrimEnd().Split('\n')[^1].Trim();

    private string At(string path) =>
        path.StartsWith('/') || path.StartsWith("~/", StringComparison.Ordinal) ? "" : $" (the working directory is {ToolText.Quote(Detail)})";

    private string Entries()
    {
        var names = Payload.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return names.Length == 0 ? " without entries" : $"; it holds {ToolText.Cut(string.Join(", ", names), 300)}";
    }

    private string Similar(string path, ToolWords words)
    {
        var slash = path.LastIndexOf('/');
        var similar = SimilarNames.Find(path[(slash + 1)..], Payload.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        return similar.Count == 0
            ? $" Nothing in its directory has a similar name.{ToolWords.Use(words.Glob, "to look for it")}"
            : $" Similar: {string.Join(", ", similar.Select(name => ToolText.Quote(path[..(slash + 1)] + name)))}.";
    }
}
