namespace ModalAI;

/// <summary>
/// A Modal volume as a sandbox mounts it. The path is the key of <see cref="ModalSandboxOptions.Volumes"/>; a plain string is the
/// volume's name: <c>options.Volumes["/data"] = "customer-data"</c>.
/// </summary>
public sealed class ModalVolumeMount
{
    /// <summary>
    /// The volume's name in the sandbox's Modal environment: 1 to 64 letters, digits, <c>-</c>, <c>_</c> and <c>.</c>. Required, unless <see cref="Id"/> is set.
    /// </summary>
    /// <remarks>Configuration key <c>Volumes:{path}:Name</c>. Looked up with <c>VolumeGetOrCreate</c>.</remarks>
    public string Name { get; set; } = "";

    /// <summary>
    /// The volume's id, <c>vo-...</c>, in place of a name: the way to mount one that has no name. Default: <see langword="null"/>, not set.
    /// </summary>
    /// <remarks>Configuration key <c>Volumes:{path}:Id</c>; Modal's field <c>VolumeMount.volume_id</c>.</remarks>
    public string? Id { get; set; }

    /// <summary>Whether the sandbox can only read the volume. Default: <see langword="false"/>.</summary>
    /// <remarks>Configuration key <c>Volumes:{path}:ReadOnly</c>; Modal's field <c>VolumeMount.read_only</c>.</remarks>
    public bool ReadOnly { get; set; }

    /// <summary>
    /// Whether a volume that does not exist is created. Default: <see langword="false"/>, so that a misspelled name is an error and not
    /// an empty folder.
    /// </summary>
    /// <remarks>Configuration key <c>Volumes:{path}:CreateIfMissing</c>.</remarks>
    public bool CreateIfMissing { get; set; }

    /// <summary>
    /// The file system that the volume must have, or is created with; creating a sandbox fails where it has the other. Default: <see langword="null"/>, any.
    /// </summary>
    /// <remarks>Configuration key <c>Volumes:{path}:Version</c>, <c>V1</c> or <c>V2</c>; Modal's field <c>VolumeGetOrCreateRequest.version</c>.</remarks>
    public ModalVolumeVersion? Version { get; set; }

    /// <summary>
    /// The folder of the volume to mount, such as <c>reports/2026</c>, without <c>.</c> and <c>..</c>. Default:
    /// <see langword="null"/>, the whole volume.
    /// </summary>
    /// <remarks>Configuration key <c>Volumes:{path}:SubPath</c>; Modal's field <c>VolumeMount.sub_path</c>.</remarks>
    public string? SubPath { get; set; }

    /// <summary>Mounts the whole volume of this name, readable and writable.</summary>
    /// <param name="name">The volume's name.</param>
    public static implicit operator ModalVolumeMount(string name) => new() { Name = name };

    /// <summary>Mounts this volume, readable and writable.</summary>
    /// <param name="volume">The volume.</param>
    public static implicit operator ModalVolumeMount(ModalVolume volume) => new() { Id = volume?.Id };

    /// <summary>Mounts this volume, readable and writable.</summary>
    /// <param name="volume">The volume.</param>
    public static implicit operator ModalVolumeMount(ModalEphemeralVolume volume) => new() { Id = volume?.Id };
}
