namespace ModalAI;

/// <summary>
/// A failure of Modal or of the way to it. Every failure of this library that reaches a caller is one of these, but for cancellation
/// (<see cref="OperationCanceledException"/>), misuse (<see cref="ArgumentException"/>, <see cref="ObjectDisposedException"/>) and
/// invalid options.
/// </summary>
/// <remarks>
/// The message may be shown to a user or a model: it never holds credentials, values of secrets or environment variables. Time limits are
/// reported as <see cref="ModalErrorCode.Timeout"/>, not as <see cref="TimeoutException"/>, so that one catch clause covers the library.
/// </remarks>
public class ModalException : Exception
{
    /// <summary>Initializes a new instance.</summary>
    /// <param name="code">What went wrong.</param>
    /// <param name="message">What failed, on which object, and what to do about it.</param>
    /// <param name="innerException">The cause, if any.</param>
    public ModalException(ModalErrorCode code, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Code = code;
    }

    /// <summary>What went wrong.</summary>
    public ModalErrorCode Code { get; }

    /// <summary>Whether the call may have been carried out all the same: one of its attempts left, and no answer came.</summary>
    internal bool MayHaveArrived { get; init; }

    /// <summary>Whether the same call may succeed later without any change, such as after a broken connection or a reached limit.</summary>
    public bool IsTransient =>
        Code is ModalErrorCode.Unavailable or ModalErrorCode.Timeout or ModalErrorCode.Internal or ModalErrorCode.ResourceExhausted or ModalErrorCode.Unknown;
}
