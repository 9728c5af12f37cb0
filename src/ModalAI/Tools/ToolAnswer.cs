namespace ModalAI.Tools;

/// <summary>What a tool's script answered.</summary>
/// <param name="Status">First word of the first line; empty when the script said nothing.</param>
/// <param name="Detail">Rest of the first line.</param>
/// <param name="Payload">All that follows.</param>
/// <param name="Result">How the command ended.</param>
internal sealed record ToolAnswer(string Status, string Detail, string Payload, ModalCommandResult Result)
{
    /// <summary>What to tell of a path that is no file that can be read, or of a script that failed.</summary>
    /// <param name="path">The path as the model gave it.</param>
    /// <param name="tool">Name of the tool.</param>
    public string DescribeFailure(string path, string tool)
    {
        var name = ToolText.Quote(path);
        return ToolText.Error(Status switch
        {
            "directory" => $"{name} is a directory{Entries()}. Use glob or bash (ls) for directories.",
            "dangling" => $"{name} is a symbolic link to {ToolText.Quote(Detail)}, which does not exist.",
            "missing" => $"{name} does not exist{At(path)}.{Similar(path)}",
            "orphan" => $"{name} does not exist{At(path)}: its directory does not exist either, or is a file. Use glob to look for it.",
            "special" => $"{name} is a device, pipe or socket, not a regular file; {tool} leaves those alone.",
            "denied" => $"The sandbox's user has no permission for {name}. Use bash (ls -l) to see whose it is.",
            "" when Result.TimedOut => $"{tool} did not finish within {Result.Duration.TotalSeconds:0} s and was stopped. Try a narrower path.",
            "" when Result.ExitCode is 126 or 127 or 128 && Result.StandardError.Length == 0 => $"{tool} needs /bin/sh, which this sandbox does not offer.",
            "" => $"{tool} failed with exit code {Result.ExitCode}: {LastLine(Result.StandardError)}",
            _ => $"{tool} failed: {Detail}",
        });
    }

    public static string LastLine(string text) => text.TrimEnd().Split('\n')[^1].Trim();

    private string At(string path) =>
        path.StartsWith('/') || path.StartsWith("~/", StringComparison.Ordinal) ? "" : $" (the working directory is {ToolText.Quote(Detail)})";

    private string Entries()
    {
        var names = Payload.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return names.Length == 0 ? " without entries" : $"; it holds {ToolText.Cut(string.Join(", ", names), 300)}";
    }

    private string Similar(string path)
    {
        var slash = path.LastIndexOf('/');
        var similar = SimilarNames.Find(path[(slash + 1)..], Payload.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        return similar.Count == 0
            ? " Nothing in its directory has a similar name; use glob to look for it."
            : $" Similar: {string.Join(", ", similar.Select(name => ToolText.Quote(path[..(slash + 1)] + name)))}.";
    }
}
