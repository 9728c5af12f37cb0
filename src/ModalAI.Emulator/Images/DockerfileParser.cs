using System.Text;
using System.Text.RegularExpressions;

namespace ModalAI.Emulator.Images;

/// <summary>Reads Dockerfiles: comments, lines that are continued, and here-documents.</summary>
internal static partial class DockerfileParser
{
    private static readonly string[] Known =
    [
        "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER",
        "VOLUME", "WORKDIR",
    ];

    private static readonly string[] TakeDocuments = ["ADD", "COPY", "RUN"];

    /// <param name="commands">One or more lines each.</param>
    /// <exception cref="DockerfileException">They are no Dockerfile.</exception>
    public static IReadOnlyList<DockerfileInstruction> Parse(IEnumerable<string> commands)
    {
        var lines = new Queue<string>(commands.SelectMany(static command => command.ReplaceLineEndings("\n").Split('\n')));
        var instructions = new List<DockerfileInstruction>();
        while (lines.TryDequeue(out var line))
        {
            if (IsNothing(line))
            {
                continue;
            }

            var words = ReadContinued(line, lines).Trim().Split((char[]?)null, 2, StringSplitOptions.TrimEntries);
            var name = words[0].ToUpperInvariant();
            if (!Known.Contains(name))
            {
                throw new DockerfileException($"unknown instruction: {words[0]}");
            }

            var text = words.Length > 1 ? words[1] : "";
            if (text.Length == 0)
            {
                throw new DockerfileException($"{name} requires at least one argument");
            }

            IReadOnlyList<HereDocument> documents = TakeDocuments.Contains(name) ? [.. FindMarks(text).Select(mark => ReadDocument(mark, lines))] : [];
            instructions.Add(new DockerfileInstruction(name, text, documents));
        }

        return instructions;
    }

    private static bool IsNothing(string line) => line.AsSpan().Trim() is { Length: 0 } or ['#', ..];

    private static string ReadContinued(string line, Queue<string> lines)
    {
        var text = new StringBuilder();
        while (Continuation().Match(line) is { Success: true } match)
        {
            text.Append(line, 0, match.Index);
            do
            {
                if (!lines.TryDequeue(out line!))
                {
                    return text.ToString();
                }
            }
            while (IsNothing(line));
        }

        return text.Append(line).ToString();
    }

    /// <summary>The here-documents that a command announces outside of quotes.</summary>
    private static IEnumerable<Match> FindMarks(string text) =>
        DocumentMark().Matches(text).Where(match => text.AsSpan(0, match.Index).Count('"') % 2 == 0 && text.AsSpan(0, match.Index).Count('\'') % 2 == 0);

    private static HereDocument ReadDocument(Match mark, Queue<string> lines)
    {
        var word = mark.Groups["word"].Value;
        var dropsTabs = mark.Groups["tabs"].Length > 0;
        var text = new StringBuilder();
        var source = new StringBuilder();
        while (lines.TryDequeue(out var line))
        {
            source.Append(line).Append('\n');
            var kept = dropsTabs ? line.TrimStart('\t') : line;
            if (kept == word)
            {
                return new HereDocument(word, text.ToString(), source.ToString());
            }

            text.Append(kept).Append('\n');
        }

        throw new DockerfileException($"unterminated heredoc: no line is '{word}'");
    }

    /// <summary>A backslash at the end that is not itself behind one.</summary>
    [GeneratedRegex(@"(?<!\\)\\[ \t]*\z")]
    private static partial Regex Continuation();

    [GeneratedRegex(@"(?<=\A|\s)[0-9]*<<(?<tabs>-?)(?<quote>[""']?)(?<word>[A-Za-z_][A-Za-z0-9_]*)\k<quote>(?=\s|\z|[;|&>)])")]
    private static partial Regex DocumentMark();
}
