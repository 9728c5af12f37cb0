namespace ModalAI.Emulator.Isolation;

/// <summary>Why a command did not start.</summary>
internal enum ProcessStartFailure
{
    /// <summary>The sandbox has ended.</summary>
    SandboxGone,

    /// <summary>The working directory is missing in the sandbox, or is not a directory.</summary>
    WorkingDirectory,

    /// <summary>No program was given, a text holds a NUL, a variable's name is malformed, or all of it is too long for the kernel.</summary>
    InvalidArguments,

    /// <summary>This computer could not start another process.</summary>
    Refused,
}
