using System.Globalization;
using System.Text;

namespace ModalAI.Tools;

/// <summary>Lists a directory.</summary>
internal static class ListTool
{
    /// <summary>
    /// $1 directory, $2 bytes in all. Answers in batches, all parts of which end with NUL, which no name holds: sizes and times, a line each, a line of letters
    /// for what the entries are, their names, and an empty name.
    /// </summary>
    private const string Script =
        """
        place "$1"
        detail=
        look
        if [ "$status" != directory ]; then
          printf '%s %s\n' "$status" "$detail"
          exit
        elif ! cd "$f" 2>/dev/null || [ ! -r . ]; then
          echo denied
          exit
        fi
        echo found
        batch='
          kinds=
          for name; do
            if [ -d "$name" ] && [ -L "$name" ]; then kinds=${kinds}e
            elif [ -d "$name" ]; then kinds=${kinds}d
            elif [ -L "$name" ]; then kinds=${kinds}l
            else kinds=${kinds}f; fi
          done
          printf "%s\0" "$(stat -L -c "%s %Y" "$@" 2>/dev/null)" "$kinds" "$@" ""
        '
        find . ! -name . -prune -exec sh -c "$batch" sh {} + | head -c "$2"
        """;

    /// <param name="context">Where.</param>
    /// <param name="path">The directory; empty for the working directory.</param>
    /// <param name="cancellationToken">Stops listing.</param>
    /// <param name="names">Only entries whose names match; null for all.</param>
    public static async Task<ToolReply> RunAsync(FileToolContext context, string path, CancellationToken cancellationToken, GlobPattern? names = null)
    {
        var directory = path.Length == 0 ? "." : path;
        var answer = await ToolScript.RunAsync(
            context, Script, [directory, ToolText.Number(ToolLimits.GlobBytes)], ToolLimits.GlobBytes * 2, cancellationToken).ConfigureAwait(false);
        return answer.Status switch
        {
            "found" => Format(context, directory, names, answer),
            "file" => ToolReply.Fail(ToolFailure.NotADirectory, $"{ToolText.Quote(directory)} is a file, not a directory.{ToolWords.Use(context.Words.Read, "for files")}"),
            _ => answer.DescribeFailure(directory, context.Tool, context.Words),
        };
    }

    private static ListReply Format(FileToolContext context, string directory, GlobPattern? names, ToolAnswer answer)
    {
        var (all, isWhole) = Parse(answer.Payload);
        var isComplete = true;
        var entries = names is null ? all : GlobPattern.Filter(all, entry => names.IsMatch(entry.Name), out isComplete);
        entries.Sort(static (one, other) => string.CompareOrdinal(one.Name, other.Name));
        var text = new StringBuilder();
        var shown = new List<ListEntry>();
        foreach (var entry in entries.Take(context.Limits.ListedEntries))
        {
            var kind = entry.IsDirectory ? "/" : "";
            var note = entry switch
            {
                { IsDirectory: false, Size: { } size } => $" ({ToolText.Count(size, "byte", "bytes")}{(entry.IsLink ? ", symbolic link" : "")})",
                { IsDirectory: false, IsLink: true } => " (symbolic link to what does not exist)",
                { IsLink: true } => " (symbolic link)",
                _ => "",
            };
            var line = $"{ToolText.Escape(entry.Name)}{kind}{note}";
            if (text.Length + line.Length > context.Limits.OutputChars)
            {
                break;
            }

            text.Append(line).Append('\n');
            shown.Add(entry);
        }

        if (entries.Count == 0 && all.Count > 0)
        {
            text.Append($"(no entry of the directory {ToolText.Quote(directory)} matches)\n");
        }
        else if (entries.Count == 0)
        {
            text.Append($"(the directory {ToolText.Quote(directory)} is empty)\n");
        }
        else if (shown.Count < entries.Count)
        {
            text.Append($"(the first {shown.Count} of {entries.Count} entries{(context.Words.Glob is { } glob ? $"; use {glob} with a pattern for others" : "")})\n");
        }

        if (answer.TimedOut || !isWhole || !isComplete)
        {
            text.Append("(the listing was cut short, so entries may be missing here)\n");
        }

        return new ListReply(text.ToString().TrimEnd('\n'), shown, entries.Count);
    }

    /// <summary>Reads the batches. Where an entry has no size, as a link without a target has none, those of its batch are not told apart.</summary>
    private static (List<ListEntry> Entries, bool IsWhole) Parse(string payload)
    {
        var entries = new List<ListEntry>();
        var tokens = payload.Split('\0');
        var position = 0;
        while (position < tokens.Length - 1)
        {
            var end = position + 2 < tokens.Length ? Array.IndexOf(tokens, "", position + 2, tokens.Length - position - 3) : -1;
            if (end < 0 || tokens[position + 1].Length != end - position - 2)
            {
                return (entries, false);
            }

            var facts = tokens[position].Split('\n');
            var kinds = tokens[position + 1];
            var names = tokens.AsSpan(position + 2, end - position - 2);
            for (var i = 0; i < names.Length; i++)
            {
                var fact = facts.Length == names.Length ? facts[i].Split(' ') : [];
                entries.Add(new ListEntry(
                    names[i].StartsWith("./", StringComparison.Ordinal) ? names[i][2..] : names[i],
                    kinds[i] is 'd' or 'e',
                    kinds[i] is 'l' or 'e',
                    fact.Length == 2 && long.TryParse(fact[0], CultureInfo.InvariantCulture, out var size) ? size : null,
                    fact.Length == 2 && long.TryParse(fact[1], CultureInfo.InvariantCulture, out var time) ? DateTimeOffset.FromUnixTimeSeconds(time) : null));
            }

            position = end + 1;
        }

        return (entries, tokens[^1].Length == 0);
    }
}
