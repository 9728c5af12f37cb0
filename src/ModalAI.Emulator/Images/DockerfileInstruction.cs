using System.Text.Json;

namespace ModalAI.Emulator.Images;

/// <summary>One instruction of a Dockerfile.</summary>
/// <param name="Name">Its name in capitals.</param>
/// <param name="Text">What follows the name, its lines joined where they were continued.</param>
/// <param name="Documents">The here-documents that follow it.</param>
internal sealed record DockerfileInstruction(string Name, string Text, IReadOnlyList<HereDocument> Documents)
{
    /// <summary>The arguments of the form that is a JSON list of texts; null for any other.</summary>
    public IReadOnlyList<string>? JsonArguments
    {
        get
        {
            if (!Text.StartsWith('['))
            {
                return null;
            }

            try
            {
                return JsonSerializer.Deserialize<string[]>(Text) is { } arguments && !arguments.Contains(null) ? arguments : null;
            }
            catch (JsonException)
            {
                return null;
            }
        }
    }

    /// <summary>The first option, such as <c>--mount</c>; null where there is none.</summary>
    public string? Option => Text.StartsWith("--", StringComparison.Ordinal) ? Text.Split([' ', '\t', '='], 2)[0] : null;

    /// <summary>As it is shown to the user: one line.</summary>
    public override string ToString() => $"{Name} {Text}".TrimEnd();
}
