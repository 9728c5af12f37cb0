using System.Text.RegularExpressions;

namespace ModalAI.Conformance.Surface;

/// <summary>The tables of <c>src/ModalAI/SDK.md</c>: under a heading with the name of one of the SDK's types, a row for each of its members.</summary>
internal sealed partial class SdkTable
{
    /// <summary>The section whose rows are classes of their own.</summary>
    public const string Errors = "Errors";

    private const string NothingHere = "—";

    private SdkTable(string text)
    {
        Text = text;
        var type = "";
        foreach (var line in text.Split('\n'))
        {
            if (Heading().Match(line) is { Success: true } heading)
            {
                type = heading.Groups["type"].Value;
                Types.Add(type);
            }
            else if (line.StartsWith('#'))
            {
                type = line == $"## {Errors}" ? Errors : "";
            }
            else if (type.Length > 0 && Row().Match(line) is { Success: true } row)
            {
                Rows.Add(new SdkRow(type, row.Groups["member"].Value, row.Groups["ours"].Value.Trim()));
            }
        }
    }

    public string Text { get; }

    public List<string> Types { get; } = [];

    public List<SdkRow> Rows { get; } = [];

    public static SdkTable Read() => new(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "SDK.md")));

    [GeneratedRegex(@"^#{2,4} `(?<type>\w+)`")]
    private static partial Regex Heading();

    [GeneratedRegex(@"^\| `(?<member>\w+)` \| (?<ours>.*) \|$")]
    private static partial Regex Row();

    /// <summary>A member of the SDK and what stands for it here.</summary>
    internal sealed partial record SdkRow(string Type, string Member, string Ours)
    {
        /// <summary>Our members and types that the row names.</summary>
        public IEnumerable<string> Names => Code().Matches(Ours).Select(match => match.Groups["name"].Value);

        /// <summary>Whether the row says that there is nothing here, and why.</summary>
        public bool IsExplained => Ours.StartsWith(NothingHere, StringComparison.Ordinal) && Ours.Length > NothingHere.Length + 5;

        [GeneratedRegex(@"`(new )?(?<name>I?Modal\w+(\.\w+)?)(\(.*?\))?`")]
        private static partial Regex Code();
    }
}
