using ModalAI.Emulator.Isolation;

namespace ModalAI.Emulator.Images;

/// <summary>What to build an image from.</summary>
internal sealed record BuildRecipe
{
    public required ImageContent Base { get; init; }

    /// <summary>All but the first, which names the base.</summary>
    public required IReadOnlyList<string> Commands { get; init; }

    /// <summary>What the commands find in their environment, but not the image's users.</summary>
    public required IReadOnlyDictionary<string, string> Secrets { get; init; }

    /// <summary>Values for the variables that the commands declare with ARG.</summary>
    public required IReadOnlyDictionary<string, string> Arguments { get; init; }
}
