namespace ModalAI;

/// <summary>A change of a file or directory in a sandbox.</summary>
/// <param name="Type">What has happened.</param>
/// <param name="Paths">Absolute paths: one, or the old and the new one of something that was renamed.</param>
public sealed record ModalFileChange(ModalFileChangeType Type, IReadOnlyList<string> Paths);
