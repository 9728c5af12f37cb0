using ModalAI.Emulator.Isolation;

namespace ModalAI.Emulator.Sandboxes;

/// <summary>A volume in a sandbox.</summary>
/// <param name="Bind">Which directory goes where.</param>
/// <param name="Identity">The directory that must be there then; null where no sandbox can have changed the way to it.</param>
internal sealed record SandboxVolume(VolumeBind Bind, FolderIdentity? Identity);
