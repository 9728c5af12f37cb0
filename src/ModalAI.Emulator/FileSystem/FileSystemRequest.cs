using System.Text.Json;

namespace ModalAI.Emulator.FileSystem;

/// <summary>The one JSON argument of the program: <c>{"Operation":{"path":...,...}}</c>.</summary>
internal sealed record FileSystemRequest(string Operation, SandboxPath Path, bool Parents, bool Recursive, IReadOnlySet<ChangeKind>? Filter, TimeSpan? Timeout)
{
    private static readonly string[] KindNames = Enum.GetNames<ChangeKind>();

    /// <exception cref="FileSystemException">The argument is not one that the program understands.</exception>
    public static FileSystemRequest Parse(string argument)
    {
        try
        {
            using var document = JsonDocument.Parse(argument, new JsonDocumentOptions { MaxDepth = 8 });
            if (document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.EnumerateObject().ToArray() is [{ Value.ValueKind: JsonValueKind.Object } operation])
            {
                return Parse(operation);
            }
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException or InvalidOperationException or FormatException)
        {
            throw Malformed(exception.Message);
        }

        throw Malformed("An object with one operation in it is expected");
    }

    private static FileSystemRequest Parse(JsonProperty operation)
    {
        SandboxPath? path = null;
        var parents = true;
        var recursive = false;
        IReadOnlySet<ChangeKind>? filter = null;
        TimeSpan? timeout = null;
        foreach (var field in operation.Value.EnumerateObject())
        {
            switch (field.Name)
            {
                case "path":
                    path = new SandboxPath(field.Value.GetString() ?? throw Malformed("'path' is null"));
                    break;
                case "parents" when operation.Name == "MakeDirectory":
                    parents = field.Value.GetBoolean();
                    break;
                case "recursive" when operation.Name is "Remove" or "Watch":
                    recursive = field.Value.GetBoolean();
                    break;
                case "filter" when operation.Name == "Watch":
                    filter = ReadFilter(field.Value);
                    break;
                case "timeout_secs" when operation.Name == "Watch":
                    timeout = ReadTimeout(field.Value);
                    break;
                default:
                    throw new FileSystemException(
                        ErrorKind.NotSupported, $"The emulator does not know the field '{field.Name}' of the file operation '{operation.Name}'");
            }
        }

        return new FileSystemRequest(operation.Name, path ?? throw Malformed("'path' is missing"), parents, recursive, filter, timeout);
    }

    private static HashSet<ChangeKind>? ReadFilter(JsonElement filter) => filter.ValueKind == JsonValueKind.Null
        ? null
        : [.. filter.EnumerateArray().Select(static kind => Array.IndexOf(KindNames, kind.GetString()) is var index and >= 0
            ? (ChangeKind)index
            : throw Malformed($"'{kind}' is no kind of change; there are {string.Join(", ", KindNames)}"))];

    private static TimeSpan? ReadTimeout(JsonElement seconds) => seconds.ValueKind == JsonValueKind.Null
        ? null
        : TimeSpan.FromSeconds(Math.Min(seconds.GetUInt64(), int.MaxValue));

    private static FileSystemException Malformed(string detail) =>
        new(ErrorKind.Io, "The argument is not a file operation in JSON such as {\"ReadFile\":{\"path\":\"/a\"}}", detail);
}
