namespace ModalAI;

/// <summary>Takes values that nobody may read out of text.</summary>
internal sealed class Redaction
{
    /// <summary>Shorter values stand in any text.</summary>
    private const int MinLength = 4;

    private readonly string[] _values;

    public Redaction(IEnumerable<string> values) =>
        _values =
        [
            // A log may hold a value of several lines in part. The longest first: one that lies within another would leave the rest of that.
            .. values.SelectMany(static value => value.Split('\n').Select(static line => line.Trim()).Prepend(value))
                .Where(static value => value.Length >= MinLength)
                .Distinct(StringComparer.Ordinal)
                .OrderByDescending(static value => value.Length),
        ];

    public string Apply(string text) => _values.Aggregate(text, static (text, value) => text.Replace(value, "***", StringComparison.Ordinal));
}
