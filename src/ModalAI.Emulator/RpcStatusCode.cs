namespace ModalAI.Emulator;

/// <summary>gRPC's status codes, by their numbers on the wire.</summary>
public enum RpcStatusCode
{
    /// <summary>The call succeeded.</summary>
    Ok = 0,

    /// <summary>The call was cancelled, usually by its caller.</summary>
    Cancelled = 1,

    /// <summary>An error that says no more.</summary>
    Unknown = 2,

    /// <summary>The request is wrong, whatever the state of the server.</summary>
    InvalidArgument = 3,

    /// <summary>The time limit passed before the end.</summary>
    DeadlineExceeded = 4,

    /// <summary>There is no such thing.</summary>
    NotFound = 5,

    /// <summary>There is such a thing already.</summary>
    AlreadyExists = 6,

    /// <summary>The caller may not do this.</summary>
    PermissionDenied = 7,

    /// <summary>A quota or a rate limit is used up.</summary>
    ResourceExhausted = 8,

    /// <summary>The state does not allow this.</summary>
    FailedPrecondition = 9,

    /// <summary>Another operation got in the way.</summary>
    Aborted = 10,

    /// <summary>The request reaches beyond what there is.</summary>
    OutOfRange = 11,

    /// <summary>The server does not offer this.</summary>
    Unimplemented = 12,

    /// <summary>Something is broken.</summary>
    Internal = 13,

    /// <summary>The server cannot be reached, or not now.</summary>
    Unavailable = 14,

    /// <summary>Data is lost for good.</summary>
    DataLoss = 15,

    /// <summary>Credentials are missing or not valid.</summary>
    Unauthenticated = 16,
}
