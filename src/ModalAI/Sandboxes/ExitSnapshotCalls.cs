using Grpc.Core;
using ModalAI.Protocol;
using ModalAI.Rpc;
using Outcome = ModalAI.Protocol.SandboxGetExitSnapshotResponse;

namespace ModalAI.Sandboxes;

/// <summary>Waits for the snapshot that is made when a sandbox ends, poll by poll, as Modal's own SDK does.</summary>
internal sealed class ExitSnapshotCalls(string sandboxId, ControlPlane controlPlane, TimeProvider timeProvider)
{
    private const double PollSeconds = 10;
    private const int MaxFailures = 3;
    private static readonly TimeSpan PollMargin = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MinThrottle = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan FailurePause = TimeSpan.FromSeconds(1);

    /// <param name="timeout">How long to wait; zero asks once, null waits for as long as it takes.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<ModalImage> WaitAsync(TimeSpan? timeout, CancellationToken cancellationToken)
    {
        var started = timeProvider.GetTimestamp();
        var failures = 0;
        while (true)
        {
            var poll = Left() is { } left ? Math.Clamp(left.TotalSeconds, 0, PollSeconds) : PollSeconds;
            TimeSpan pause;
            try
            {
                if (ImageOf(await PollAsync(poll, cancellationToken).ConfigureAwait(false)) is { } image)
                {
                    return image;
                }

                // The server has waited for us.
                failures = 0;
                pause = TimeSpan.Zero;
            }
            catch (ModalException exception) when (ServerAsksToWait(exception) is { } asked)
            {
                failures = 0;
                pause = asked > MinThrottle ? asked : MinThrottle;
            }
            catch (ModalException exception) when (IsTransient(exception) && (IsOver() || ++failures < MaxFailures))
            {
                pause = FailurePause;
            }

            if (IsOver())
            {
                throw new ModalException(ModalErrorCode.Timeout, $"The exit snapshot of sandbox {sandboxId} was not there within {timeout!.Value.TotalSeconds:0.#} seconds.");
            }

            if (pause > TimeSpan.Zero)
            {
                await Task.Delay(Left() is { } rest && rest < pause ? rest : pause, timeProvider, cancellationToken).ConfigureAwait(false);
            }
        }

        bool IsOver() => Left() is { } rest && rest <= TimeSpan.Zero;

        TimeSpan? Left() => timeout - timeProvider.GetElapsedTime(started);
    }

    private static TimeSpan? ServerAsksToWait(ModalException exception) =>
        exception.InnerException is RpcException { Trailers: { } trailers } ? ServerRetryDelay.Find(trailers) : null;

    private static bool IsTransient(ModalException exception) =>
        exception.InnerException is RpcException { StatusCode: var status } && CallAttempts.IsTransient(status);

    private async Task<Outcome> PollAsync(double seconds, CancellationToken cancellationToken)
    {
        var request = new SandboxGetExitSnapshotRequest { SandboxId = sandboxId, Timeout = (float)seconds };
        var limit = TimeSpan.FromSeconds(seconds) + PollMargin;
        try
        {
            return SandboxId.IsV2(sandboxId)
                ? await controlPlane.CallOnceAsync("SandboxGetExitSnapshotV2", static (stub, request, options) => stub.SandboxGetExitSnapshotV2Async(request, options), request, limit, cancellationToken).ConfigureAwait(false)
                : await controlPlane.CallOnceAsync("SandboxGetExitSnapshot", static (stub, request, options) => stub.SandboxGetExitSnapshotAsync(request, options), request, limit, cancellationToken).ConfigureAwait(false);
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.InvalidArgument)
        {
            throw ModalErrors.Explain(exception, $"Sandbox {sandboxId} makes no exit snapshot: {exception.Message} Create it with EnableExitSnapshot.");
        }
    }

    /// <summary>Null while it is pending.</summary>
    private ModalImage? ImageOf(Outcome response) => response.OutcomeCase switch
    {
        Outcome.OutcomeOneofCase.Success when response.Success.ImageId.Length > 0 => ModalImage.FromId(response.Success.ImageId),
        Outcome.OutcomeOneofCase.Success => throw Malformed("it names no image"),
        Outcome.OutcomeOneofCase.Error => throw new ModalException(
            response.Error.ErrorCode is Outcome.Types.ErrorCode.Timeout or Outcome.Types.ErrorCode.FilesystemInconsistent ? ModalErrorCode.SnapshotFailed : ModalErrorCode.Internal,
            $"Sandbox {sandboxId} left no exit snapshot: {(response.Error.Message.Length > 0 ? response.Error.Message : "no image will be made.")}"),
        Outcome.OutcomeOneofCase.Pending => null,
        _ => throw Malformed("it has no outcome"),
    };

    private ModalException Malformed(string problem) =>
        new(ModalErrorCode.Internal, $"Modal's answer for the exit snapshot of sandbox {sandboxId} is malformed: {problem}.");
}
