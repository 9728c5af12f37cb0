namespace ModalAI.Emulator.Isolation;

/// <summary>A host directory that a sandbox sees at an absolute path of its own.</summary>
internal sealed record VolumeBind(string HostDirectory, string MountPath, bool ReadOnly);
