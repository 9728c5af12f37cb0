using Grpc.Core;

namespace ModalAI.Rpc;

/// <summary>The one place where exceptions of this library are made from what gRPC reports.</summary>
internal static class ModalErrors
{
    public static ModalErrorCode CodeOf(StatusCode status) => status switch
    {
        StatusCode.InvalidArgument or StatusCode.OutOfRange => ModalErrorCode.InvalidArgument,
        StatusCode.NotFound => ModalErrorCode.NotFound,
        StatusCode.AlreadyExists => ModalErrorCode.AlreadyExists,
        StatusCode.PermissionDenied => ModalErrorCode.PermissionDenied,
        StatusCode.Unauthenticated => ModalErrorCode.Unauthenticated,
        StatusCode.ResourceExhausted => ModalErrorCode.ResourceExhausted,
        StatusCode.FailedPrecondition or StatusCode.Aborted => ModalErrorCode.Conflict,
        StatusCode.Unimplemented => ModalErrorCode.Unimplemented,
        StatusCode.Unavailable => ModalErrorCode.Unavailable,
        StatusCode.DeadlineExceeded => ModalErrorCode.Timeout,
        StatusCode.Internal => ModalErrorCode.Internal,
        StatusCode.DataLoss => ModalErrorCode.DataLoss,
        _ => ModalErrorCode.Unknown,
    };

    /// <summary>Turns a failed call into the exception for the caller; the caller's own cancellation stays a cancellation.</summary>
    /// <param name="exception">What the call failed with.</param>
    /// <param name="rpc">Name of the RPC.</param>
    /// <param name="server">Where it was sent.</param>
    /// <param name="cancellationToken">The caller's token.</param>
    /// <param name="mayHaveArrived">Whether the call may have been carried out all the same.</param>
    public static Exception FromRpc(RpcException exception, string rpc, string server, CancellationToken cancellationToken, bool mayHaveArrived = false)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return new OperationCanceledException($"{rpc} was cancelled.", exception, cancellationToken);
        }

        var detail = exception.Status.Detail;
        var code = CodeOf(exception.StatusCode);
        var message = code switch
        {
            ModalErrorCode.Unauthenticated =>
                $"Modal at {server} rejected the credentials: {detail} Check TokenId and TokenSecret, or the OAuth credentials, of ModalClientOptions (or MODAL_TOKEN_ID and MODAL_TOKEN_SECRET, or the profile in .modal.toml).",
            ModalErrorCode.Unavailable =>
                $"Modal at {server} could not be reached for {rpc}: {detail} Check ServerUrl of ModalClientOptions (or MODAL_SERVER_URL), and that something listens there.",
            ModalErrorCode.Timeout =>
                $"{rpc} at {server} did not finish within its time limit: {detail} The limits are options of ModalClientOptions (RequestTimeout, CreateTimeout).",
            ModalErrorCode.Unimplemented =>
                $"{server} does not offer {rpc}: {detail}",
            _ => $"{rpc} at {server} failed: {(detail.Length > 0 ? detail : exception.StatusCode.ToString())}",
        };
        return new ModalException(code, message, exception) { MayHaveArrived = mayHaveArrived };
    }

    /// <summary>Likewise for a call of a sandbox's command router, which no option of the client leads to.</summary>
    public static ModalException FromRouter(RpcException exception, string rpc, string sandboxId)
    {
        var detail = exception.Status.Detail;
        var code = CodeOf(exception.StatusCode);
        return new ModalException(
            code,
            code switch
            {
                ModalErrorCode.Unavailable => $"The command router of sandbox {sandboxId} could not be reached for {rpc}: {detail} The sandbox may have ended; ask it with PollAsync, or try again.",
                ModalErrorCode.Timeout => $"The command router of sandbox {sandboxId} did not answer {rpc} in time: {detail} The sandbox may have ended; ask it with PollAsync, or try again.",
                ModalErrorCode.Unauthenticated => $"The command router of sandbox {sandboxId} refused the token that Modal gave for it: {detail}",
                _ => $"{rpc} failed at the command router of sandbox {sandboxId}: {(detail.Length > 0 ? detail : exception.StatusCode.ToString())}",
            },
            exception);
    }

    public static ModalException InvalidArgument(string message) => new(ModalErrorCode.InvalidArgument, message);

    /// <summary>The same failure, told in the words of the operation that the caller asked for.</summary>
    public static ModalException Explain(ModalException exception, string message) => new(exception.Code, message, exception);

    public static ModalException SandboxEnded(string sandboxId, string? reason, Exception? innerException = null) =>
        new(ModalErrorCode.SandboxEnded, $"Sandbox {sandboxId} has ended{(string.IsNullOrEmpty(reason) ? "" : $": {reason.TrimEnd('.')}")}. Create or acquire a new one.", innerException);

    /// <summary>A container of a sandbox has ended, by what its router said.</summary>
    /// <param name="sandboxId">The sandbox.</param>
    /// <param name="containerId">The sidecar; empty for the main container, with which the sandbox ends.</param>
    /// <param name="rpc">What was asked.</param>
    /// <param name="exception">What the router answered.</param>
    public static ModalException ContainerEnded(string sandboxId, string containerId, string rpc, RpcException exception)
    {
        var reason = $"{rpc} answered: {exception.Status.Detail}";
        return containerId.Length == 0
            ? SandboxEnded(sandboxId, reason, exception)
            : new(ModalErrorCode.SandboxEnded, $"Sidecar {containerId} has ended, or its sandbox {sandboxId} has: {reason.TrimEnd('.')}. Create a new one.", exception);
    }
}
