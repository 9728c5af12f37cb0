namespace ModalAI;

/// <summary>A volume: files that outlive sandboxes and are shared between them.</summary>
/// <param name="Id">Its id (<c>vo-…</c>).</param>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its file system.</param>
public sealed record ModalVolume(string Id, string Name, ModalVolumeVersion Version = ModalVolumeVersion.V1);
