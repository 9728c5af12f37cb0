namespace ModalAI;

/// <summary>What went wrong, as far as a caller would act on it. The names follow Modal's own errors.</summary>
public enum ModalErrorCode
{
    /// <summary>Modal gave no reason that this library knows.</summary>
    Unknown = 0,

    /// <summary>An argument or option that Modal or this library refuses (INVALID_ARGUMENT, OUT_OF_RANGE).</summary>
    InvalidArgument,

    /// <summary>The app, image, secret, volume, sandbox or command does not exist, or not any more (NOT_FOUND).</summary>
    NotFound,

    /// <summary>Something of that name exists already (ALREADY_EXISTS).</summary>
    AlreadyExists,

    /// <summary>The credentials are known but may not do this (PERMISSION_DENIED).</summary>
    PermissionDenied,

    /// <summary>The credentials were rejected (UNAUTHENTICATED).</summary>
    Unauthenticated,

    /// <summary>A limit of the workspace or of Modal's capacity was reached (RESOURCE_EXHAUSTED).</summary>
    ResourceExhausted,

    /// <summary>The state of the object does not allow this (FAILED_PRECONDITION, ABORTED), such as a command in a sandbox that has ended.</summary>
    Conflict,

    /// <summary>The server does not offer this operation (UNIMPLEMENTED).</summary>
    Unimplemented,

    /// <summary>The server could not be reached, or the connection broke (UNAVAILABLE).</summary>
    Unavailable,

    /// <summary>The operation did not finish within its time limit (DEADLINE_EXCEEDED).</summary>
    Timeout,

    /// <summary>The server failed (INTERNAL).</summary>
    Internal,

    /// <summary>Data was lost on the way (DATA_LOSS).</summary>
    DataLoss,

    /// <summary>The sandbox or sidecar has ended: it was terminated, ran into its lifetime or idle limit, or failed.</summary>
    SandboxEnded,

    /// <summary>An image could not be built.</summary>
    ImageBuildFailed,

    /// <summary>A snapshot of a sandbox failed, and trying again will not make it.</summary>
    SnapshotFailed,

    /// <summary>A command ended with an exit code other than zero, and the caller asked for that to be an error.</summary>
    CommandFailed,

    /// <summary>A file operation failed; the exception is a <see cref="ModalFileException"/>.</summary>
    FileOperationFailed,
}
