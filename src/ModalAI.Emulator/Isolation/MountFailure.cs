namespace ModalAI.Emulator.Isolation;

/// <summary>Why an image could not be mounted or unmounted.</summary>
internal enum MountFailure
{
    /// <summary>The path cannot be mounted on: it is the root, no directory, or not there.</summary>
    Path,

    /// <summary>No image is mounted at the path.</summary>
    NotMounted,

    /// <summary>This computer lacks what it takes.</summary>
    Unavailable,

    /// <summary>The sandbox has ended.</summary>
    SandboxGone,
}
