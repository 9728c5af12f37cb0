using System.Text.Json;

namespace ModalAI.Files;

/// <summary>The words of Modal's file program for changes, <c>{"event_type":…,"paths":[…]}</c> a line.</summary>
internal static class FileChanges
{
    private static readonly (string Word, ModalFileChangeType Type)[] Words =
    [
        ("Unknown", ModalFileChangeType.Unknown),
        ("Access", ModalFileChangeType.Accessed),
        ("Create", ModalFileChangeType.Created),
        ("Modify", ModalFileChangeType.Modified),
        ("Remove", ModalFileChangeType.Removed),
        ("Rename", ModalFileChangeType.Renamed),
        ("RenameFrom", ModalFileChangeType.Renamed),
        ("RenameTo", ModalFileChangeType.Renamed),
    ];

    /// <summary>The fields of the operation beside its path, all of them always there.</summary>
    public static void WriteArguments(Utf8JsonWriter json, ModalWatchOptions options)
    {
        json.WriteBoolean("recursive", options.Recursive);
        if (options.Types is { } types)
        {
            json.WriteStartArray("filter");
            foreach (var (word, _) in Words.Where(pair => types.Contains(pair.Type)))
            {
                json.WriteStringValue(word);
            }

            json.WriteEndArray();
        }
        else
        {
            json.WriteNull("filter");
        }

        if (options.Timeout is { } timeout)
        {
            json.WriteNumber("timeout_secs", (long)Math.Ceiling(timeout.TotalSeconds));
        }
        else
        {
            json.WriteNull("timeout_secs");
        }
    }

    /// <summary>Null for a line that tells no change; a newer program may have more to say.</summary>
    public static ModalFileChange? Parse(ReadOnlySpan<byte> line)
    {
        try
        {
            var reader = new Utf8JsonReader(line);
            using var document = JsonDocument.ParseValue(ref reader);
            if (document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("event_type", out var type)
                && document.RootElement.TryGetProperty("paths", out var paths)
                && Array.FindIndex(Words, pair => type.ValueEquals(pair.Word)) is var index and >= 0
                && paths.EnumerateArray().Select(static path => path.GetString()).OfType<string>().ToArray() is { Length: > 0 } texts)
            {
                return new ModalFileChange(Words[index].Type, texts);
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
        }

        return null;
    }
}
