using System.ComponentModel;
using System.Text.Json.Serialization;

namespace ModalAI.Tools.Dialects;

/// <summary>One of several replacements of lines of a call, as a model writes it.</summary>
/// <param name="LineNumber">Number of the line, from 1.</param>
/// <param name="NewLine">What comes in its place.</param>
internal sealed record LineText(
    [property: JsonPropertyName("line_number")][property: Description("Number of the line, from 1.")] long LineNumber,
    [property: JsonPropertyName("new_line")][property: Description("Text to put there, of one or more lines; empty to delete the line.")] string NewLine)
{
    /// <summary>The replacement. A text gets an end of line where it lacks one, so that the next line stays one.</summary>
    public LineEdit ToEdit()
    {
        var line = (int)Math.Clamp(LineNumber, int.MinValue, int.MaxValue);
        return new LineEdit(line, line, ToolText.TryEncode(NewLine)!);
    }
}
