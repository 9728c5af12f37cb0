namespace ModalAI.Tools.Patches;

/// <summary>What a patch does to one file.</summary>
/// <param name="Path">The file.</param>
/// <param name="Line">Number of the patch's line that names it.</param>
internal abstract record PatchFile(string Path, int Line);

/// <summary>Makes a file, or replaces it.</summary>
internal sealed record PatchAdd(string Path, int Line, IReadOnlyList<string> Lines) : PatchFile(Path, Line);

/// <summary>Removes a file.</summary>
internal sealed record PatchDelete(string Path, int Line) : PatchFile(Path, Line);

/// <summary>Changes a file, and may move it.</summary>
/// <param name="Path">The file.</param>
/// <param name="Line">Number of the patch's line that names it.</param>
/// <param name="MoveTo">Its new path; null to leave it where it is.</param>
/// <param name="Chunks">What is changed, from the top of the file to its bottom.</param>
internal sealed record PatchUpdate(string Path, int Line, string? MoveTo, IReadOnlyList<PatchChunk> Chunks) : PatchFile(Path, Line);
