namespace ModalAI;

/// <summary>
/// A Modal volume as a sandbox mounts it. The path is the key of <see cref="ModalSandboxOptions.Volumes"/>; a plain string is the
/// volume's name: <c>options.Volumes["/data"] = "customer-data"</c>.
/// </summary>
public sealed class ModalVolumeMount
{
    /// <summary>
    /// The volume's name in the sandbox's Modal environment: 1 to 64 letters, digits, <c>-</c>, <c>_</c> and <c>.</c>. Required.
    /// </summary>
    /// <remarks>Configuration key <c>Volumes:{path}:Name</c>. Looked up with <c>VolumeGetOrCreate</c>.</remarks>
    public string Name { get; set; } = "";

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
    /// The folder of the volume to mount, such as <c>reports/2026</c>, without <c>.</c> and <c>..</c>. Default:
    /// <see langword="null"/>, the whole volume.
    /// </summary>
    /// <remarks>Configuration key <c>Volumes:{path}:SubPath</c>; Modal's field <c>VolumeMount.sub_path</c>.</remarks>
    public string? SubPath { get; set; }

    /// <summary>Mounts the whole volume of this name, readable and writable.</summary>
    /// <param name="name">The volume's name.</param>
    public static implicit operator ModalVolumeMount(string name) => new() { Name = name };
}
