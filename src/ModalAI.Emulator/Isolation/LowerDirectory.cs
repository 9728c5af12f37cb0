namespace ModalAI.Emulator.Isolation;

/// <summary>A read-only directory below the writable one of an overlay.</summary>
/// <param name="Path">The host directory.</param>
/// <param name="IsWrittenBySandbox">Whether its files have the owners that sandboxes' files have on this computer, not this computer's own.</param>
internal sealed record LowerDirectory(string Path, bool IsWrittenBySandbox = false);
