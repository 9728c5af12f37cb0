using System.Text.Json;

namespace ModalAI.Files;

/// <summary>Turns what Modal's file program says on standard error into an exception of the right type (modal-sandbox-fs-tools' error_kind).</summary>
internal static class FileErrors
{
    public static ModalFileException From(string operation, string path, string errorText)
    {
        var (kind, message) = Parse(errorText);
        var text = $"{message}: {path}";
        return (operation, kind) switch
        {
            (not "WriteFile", "NotFound") => new ModalFileNotFoundException(path, text),
            (_, "NotDirectory") => new ModalNotADirectoryException(path, text),
            ("ListFiles", "IsFile") => new ModalNotADirectoryException(path, text),
            ("ReadFile" or "WriteFile", "IsDirectory") => new ModalIsADirectoryException(path, text),
            ("MakeDirectory", "PathAlreadyExists") => new ModalPathAlreadyExistsException(path, text),
            ("WriteFile", "AlreadyExists") => new ModalNotADirectoryException(path, text),
            ("Remove", "DirectoryNotEmpty") => new ModalDirectoryNotEmptyException(path, text),
            ("ReadFile", "FileTooLarge") => new ModalFileTooLargeException(path, text),
            (_, "PermissionDenied") => new ModalFilePermissionException(path, text),
            _ => new ModalFileException(path, text),
        };
    }

    private static (string Kind, string Message) Parse(string errorText)
    {
        try
        {
            using var document = JsonDocument.Parse(errorText);
            if (document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("error_kind", out var kind)
                && document.RootElement.TryGetProperty("message", out var message)
                && message.GetString() is { } text
                && !string.IsNullOrWhiteSpace(text))
            {
                return (kind.GetString() ?? "", text);
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // An image without the program, or one that died, leaves words of other programs.
        }

        return ("", errorText.Length > 0 ? $"The file operation failed ({errorText.Trim()})" : "The file operation failed without saying why");
    }
}
