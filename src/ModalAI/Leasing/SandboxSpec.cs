namespace ModalAI.Leasing;

/// <summary>What is particular about one sandbox of a registration.</summary>
/// <param name="Name">Its name; null for none.</param>
/// <param name="Snapshot">The image of saved files that it continues from; null for a new one, with initial files and setup.</param>
/// <param name="IsReused">Whether it lives on when nobody holds it, until its lifetime or idle limit.</param>
internal readonly record struct SandboxSpec(string? Name, ModalImage? Snapshot, bool IsReused);
