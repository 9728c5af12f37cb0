using System.ComponentModel;
using System.Text.Json.Serialization;

namespace ModalAI.Tools.Dialects;

/// <summary>One of several replacements of a call, as a model writes it.</summary>
/// <param name="OldString">Text to replace.</param>
/// <param name="NewString">Text to put there.</param>
/// <param name="ReplaceAll">Whether every occurrence is replaced.</param>
internal sealed record TextEdit(
    [property: JsonPropertyName("old_string")][property: Description("Text to replace, exactly as in the file.")] string OldString,
    [property: JsonPropertyName("new_string")][property: Description("Text to put there.")] string NewString,
    [property: JsonPropertyName("replace_all")] bool ReplaceAll = false);
