using Microsoft.Extensions.Logging;
using ModalAI.Diagnostics;
using ModalAI.Protocol;
using ModalAI.Rpc;

namespace ModalAI;

/// <summary>
/// A volume without a name that lives as long as this object: it tells Modal every five minutes that it is in use (RPC VolumeHeartbeat), until it or its client
/// is disposed of. Modal removes the volume some time after that.
/// </summary>
public sealed class ModalEphemeralVolume : IAsyncDisposable
{
    private static readonly TimeSpan BeatInterval = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(30);

    private readonly ControlPlane _controlPlane;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop;
    private readonly Task _beating;
    private int _disposed;

    internal ModalEphemeralVolume(string id, ControlPlane controlPlane, TimeProvider timeProvider, ILogger logger, CancellationToken clientStopped)
    {
        Id = id;
        _controlPlane = controlPlane;
        _timeProvider = timeProvider;
        _logger = logger;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(clientStopped);
        _beating = BeatAsync(_stop.Token);
    }

    /// <summary>Its id (<c>vo-…</c>). A sandbox mounts it as <see cref="ModalVolumeMount.Id"/>.</summary>
    public string Id { get; }

    /// <summary>Whether Modal has said that the volume is gone, in spite of the heartbeats. Nothing brings it back.</summary>
    public bool IsLost { get; private set; }

    /// <summary>Ends the heartbeats, and waits for one that is on its way. Modal removes the volume in time; what has it mounted should have ended.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await _beating.ConfigureAwait(false);
        _stop.Dispose();
    }

    /// <summary>Its id.</summary>
    public override string ToString() => Id;

    private async Task BeatAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var next = await TryBeatAsync(cancellationToken).ConfigureAwait(false) ? BeatInterval : RetryInterval;
                await Task.Delay(next, _timeProvider, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.NotFound)
        {
            IsLost = true;
            Log.EphemeralVolumeLost(_logger, Id);
        }
    }

    private async Task<bool> TryBeatAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _controlPlane.CallAsync(
                "VolumeHeartbeat",
                static (stub, request, options) => stub.VolumeHeartbeatAsync(request, options),
                new VolumeHeartbeatRequest { VolumeId = Id },
                cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception exception) when (exception is not (OperationCanceledException or ModalException { Code: ModalErrorCode.NotFound }))
        {
            // Modal waits for several heartbeats before it gives a volume up: there is time for others.
            Log.HeartbeatFailed(_logger, exception, Id);
            return false;
        }
    }
}
