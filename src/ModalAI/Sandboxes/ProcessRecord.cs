using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace ModalAI.Sandboxes;

/// <summary>
/// What is noted about a background process in its sandbox, where others find it: Modal has no call that lists commands. All of it is in the name of an
/// empty directory, so that one listing reads all records, and nothing that runs in the sandbox can make that hang or grow. Whether there is such a process,
/// and how it ended, only Modal is asked.
/// </summary>
internal sealed record ProcessRecord(string Id, DateTimeOffset StartedAt, string Description)
{
    /// <summary>Where the records are.</summary>
    public const string Directory = "/tmp/.modalai/processes";

    /// <summary>A name of a file has 255 bytes: two dots, an id, a time, and this in Base64.</summary>
    private const int MaxDescriptionBytes = 150;

    public string Path => $"{Directory}/{Name}";

    private string Name => string.Create(
        CultureInfo.InvariantCulture, $"{Id}.{StartedAt.ToUnixTimeMilliseconds()}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(Description))}");

    public static ProcessRecord Create(string id, DateTimeOffset startedAt, string description) =>
        new(id, DateTimeOffset.FromUnixTimeMilliseconds(startedAt.ToUnixTimeMilliseconds()), Shorten(description));

    /// <summary>A description of a command that has none.</summary>
    public static string Describe(ModalCommand command) =>
        command.Arguments is ["/bin/sh", "-c", var commandLine] ? commandLine : string.Join(' ', command.Arguments);

    /// <summary>Null where the name is none of a record: whatever runs in the sandbox may write there too.</summary>
    public static ProcessRecord? Parse(string name)
    {
        var parts = name.Split('.');
        if (parts.Length != 3
            || !Guid.TryParseExact(parts[0], "D", out _)
            || !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var started)
            || started > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            || !Base64Url.IsValid(parts[2]))
        {
            return null;
        }

        return new ProcessRecord(parts[0], DateTimeOffset.FromUnixTimeMilliseconds(started), Encoding.UTF8.GetString(Base64Url.DecodeFromChars(parts[2])));
    }

    private static string Shorten(string text)
    {
        var bytes = 0;
        var length = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > MaxDescriptionBytes)
            {
                return text[..length];
            }

            length += rune.Utf16SequenceLength;
        }

        return text;
    }
}
