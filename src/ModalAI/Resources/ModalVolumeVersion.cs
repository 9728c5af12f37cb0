namespace ModalAI;

/// <summary>The file system of a volume.</summary>
public enum ModalVolumeVersion
{
    /// <summary>The first (<c>VOLUME_FS_VERSION_V1</c>).</summary>
    V1 = 1,

    /// <summary>The second (<c>VOLUME_FS_VERSION_V2</c>).</summary>
    V2 = 2,
}
