namespace ModalAI;

/// <summary>What the build of one layer of an image is given.</summary>
public sealed record ModalImageLayerOptions
{
    /// <summary>Environment variables of the build; they go before secrets. They are not part of the image: for that, use the command <c>ENV</c>.</summary>
    public IReadOnlyDictionary<string, string> EnvironmentVariables { get; init; } = new Dictionary<string, string>();

    /// <summary>Secrets whose values are environment variables of the build; a later one goes before an earlier one.</summary>
    public IReadOnlyList<ModalSecret> Secrets { get; init; } = [];

    /// <summary>GPU type and count that the build runs with, <c>TYPE[:COUNT]</c> such as <c>T4</c>; null for none.</summary>
    public string? Gpu { get; init; }

    /// <summary>
    /// Builds the layer again though it was built before, each time that the image is used: build once with <see cref="ModalImages.BuildAsync(ModalImage, ModalApp, CancellationToken)"/> and use the
    /// image that it returns. Default false.
    /// </summary>
    public bool ForceBuild { get; init; }

    /// <summary>Without values.</summary>
    public override string ToString() =>
        $"ModalImageLayerOptions ({EnvironmentVariables.Count} variables, {Secrets.Count} secrets{(Gpu is null ? "" : $", {Gpu}")}{(ForceBuild ? ", forced" : "")})";
}
