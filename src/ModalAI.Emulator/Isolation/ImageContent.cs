namespace ModalAI.Emulator.Isolation;

/// <summary>The files of an image.</summary>
/// <param name="RootFileSystem">A host directory with a root file system; null for this computer's own programs.</param>
/// <param name="Layers">What sandboxes wrote over it, the lowest first.</param>
internal sealed record ImageContent(string? RootFileSystem, IReadOnlyList<SandboxLayer> Layers)
{
    /// <summary>How commands run in it, unless they are told otherwise.</summary>
    public ImageSettings Settings { get; init; } = ImageSettings.None;
}
