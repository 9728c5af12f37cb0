using Microsoft.Extensions.AI;
using ModalAI.Configuration;

namespace ModalAI.Tools.Code;

/// <summary>The files that an application gives to a code interpreter.</summary>
internal static class CodeInputs
{
    /// <summary>Names, relative and normalised, and bytes.</summary>
    /// <exception cref="InvalidOperationException">An input is none that can be made a file.</exception>
    public static IReadOnlyDictionary<string, ReadOnlyMemory<byte>> From(IEnumerable<AIContent> inputs)
    {
        var files = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        foreach (var input in inputs)
        {
            if (input is not DataContent data)
            {
                var given = input is HostedFileContent hosted
                    ? $"the file '{hosted.FileId}' of a service, which can't be fetched from here"
                    : $"a {input.GetType().Name}";
                throw Unusable($"{given}. Give each file as {nameof(DataContent)}.");
            }

            var name = data.Name ?? $"input-{files.Count + 1}{Extension(data.MediaType)}";
            if (!ModalPaths.IsRelativeNormalized(name))
            {
                throw Unusable($"a file named {ToolText.Quote(name)}; a name must be a relative, normalised path, such as 'data/a.csv'.");
            }

            if (!files.TryAdd(name, data.Data))
            {
                throw Unusable($"two files named '{name}'.");
            }
        }

        return files;
    }

    private static InvalidOperationException Unusable(string what) =>
        new($"{nameof(HostedCodeInterpreterTool)}.{nameof(HostedCodeInterpreterTool.Inputs)} has {what}");

    private static string Extension(string mediaType) => mediaType switch
    {
        "text/plain" => ".txt",
        "text/csv" => ".csv",
        "application/json" => ".json",
        "application/pdf" => ".pdf",
        "image/png" => ".png",
        "image/jpeg" => ".jpg",
        _ => "",
    };
}
