using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace ModalAI.Diagnostics;

/// <summary>All log messages. None holds a command, a file's content, a value of an environment variable or a credential.</summary>
internal static partial class Log
{
    [LoggerMessage(100, LogLevel.Debug, "{Rpc} failed with {Status}; next attempt in {DelayMilliseconds} ms", EventName = "Retrying")]
    public static partial void Retrying(ILogger logger, string rpc, double delayMilliseconds, StatusCode status);

    [LoggerMessage(101, LogLevel.Warning, "Modal asks to repeat {Rpc} in {DelayMilliseconds} ms ({Status})", EventName = "ServerAsksToWait")]
    public static partial void ServerAsksToWait(ILogger logger, string rpc, double delayMilliseconds, StatusCode status);

    [LoggerMessage(102, LogLevel.Warning, "Renewing the auth token failed with {Status}; the present one goes on serving until it expires", EventName = "TokenRefreshFailed")]
    public static partial void TokenRefreshFailed(ILogger logger, StatusCode status);

    [LoggerMessage(103, LogLevel.Warning, "Modal warns: {Text}", EventName = "ServerWarning")]
    public static partial void ServerWarning(ILogger logger, string text);

    [LoggerMessage(104, LogLevel.Debug, "Command router of task {TaskId} is at {Url}", EventName = "RouterAccess")]
    public static partial void RouterAccess(ILogger logger, string taskId, string url);

    [LoggerMessage(105, LogLevel.Information, "Command router of task {TaskId} has moved from {From} to {To}", EventName = "RouterMoved")]
    public static partial void RouterMoved(ILogger logger, string taskId, string from, string to);

    [LoggerMessage(106, LogLevel.Debug, "Modal asks again to repeat {Rpc} in {DelayMilliseconds} ms ({Status})", EventName = "ServerAsksToWaitAgain")]
    public static partial void ServerAsksToWaitAgain(ILogger logger, string rpc, double delayMilliseconds, StatusCode status);

    [LoggerMessage(107, LogLevel.Warning, "The heartbeat of ephemeral volume {VolumeId} failed; another one follows soon", EventName = "HeartbeatFailed")]
    public static partial void HeartbeatFailed(ILogger logger, Exception exception, string volumeId);

    [LoggerMessage(108, LogLevel.Error, "The ephemeral volume {VolumeId} is gone, in spite of its heartbeats", EventName = "EphemeralVolumeLost")]
    public static partial void EphemeralVolumeLost(ILogger logger, string volumeId);

    [LoggerMessage(200, LogLevel.Information, "Created sandbox {SandboxId} in app {AppName}", EventName = "SandboxCreated")]
    public static partial void SandboxCreated(ILogger logger, string sandboxId, string appName);

    [LoggerMessage(201, LogLevel.Information, "Terminated sandbox {SandboxId}", EventName = "SandboxTerminated")]
    public static partial void SandboxTerminated(ILogger logger, string sandboxId);

    [LoggerMessage(210, LogLevel.Information, "Restored sandbox {SandboxId} from snapshot {SnapshotId}", EventName = "SandboxRestored")]
    public static partial void SandboxRestored(ILogger logger, string sandboxId, string snapshotId);

    [LoggerMessage(202, LogLevel.Warning, "Sandbox {SandboxId} could not be terminated and runs until its lifetime or idle limit", EventName = "SandboxNotTerminated")]
    public static partial void SandboxNotTerminated(ILogger logger, Exception exception, string sandboxId);

    [LoggerMessage(203, LogLevel.Warning, "A command in sandbox {SandboxId} could not be killed after it was cancelled; it may go on until the sandbox ends", EventName = "CommandNotKilled")]
    public static partial void CommandNotKilled(ILogger logger, Exception? exception, string sandboxId);

    [LoggerMessage(204, LogLevel.Warning, "{Bytes} bytes of the output of sandbox {SandboxId} are not to be had any more: only the most recent part is kept", EventName = "OutputDropped")]
    public static partial void OutputDropped(ILogger logger, long bytes, string sandboxId);

    [LoggerMessage(300, LogLevel.Information, "Reusing sandbox {SandboxId}", EventName = "SandboxReused")]
    public static partial void SandboxReused(ILogger logger, string sandboxId);

    [LoggerMessage(301, LogLevel.Warning, "Sandbox {SandboxId} takes the place of sandbox {PreviousId}, which {Reason}", EventName = "SandboxReplaced")]
    public static partial void SandboxReplaced(ILogger logger, string previousId, string sandboxId, string reason);

    [LoggerMessage(350, LogLevel.Warning, "Snapshot {ImageId} was forgotten: the store in memory holds {MaxSnapshots} at most", EventName = "SnapshotForgotten")]
    public static partial void SnapshotForgotten(ILogger logger, string imageId, int maxSnapshots);

    [LoggerMessage(351, LogLevel.Warning, "The entry {Key} of the snapshot store can't be read and counts as none", EventName = "SnapshotUnreadable")]
    public static partial void SnapshotUnreadable(ILogger logger, string key);

    [LoggerMessage(310, LogLevel.Warning, "The lease of sandbox {SandboxId} could not be renewed; another attempt follows", EventName = "LeaseNotRenewed")]
    public static partial void LeaseNotRenewed(ILogger logger, Exception exception, string sandboxId);

    [LoggerMessage(311, LogLevel.Warning, "Ended sandbox {SandboxId}, which a process had left behind", EventName = "SandboxSwept")]
    public static partial void SandboxSwept(ILogger logger, string sandboxId);

    [LoggerMessage(312, LogLevel.Warning, "Sandbox {SandboxId} was not set up to the end by the process that created it", EventName = "SandboxNotSetUp")]
    public static partial void SandboxNotSetUp(ILogger logger, string sandboxId);

    [LoggerMessage(313, LogLevel.Warning, "The reply to a creation was lost; its sandbox {SandboxId} was found again", EventName = "LostSandboxFound")]
    public static partial void LostSandboxFound(ILogger logger, string sandboxId);

    [LoggerMessage(314, LogLevel.Warning, "A sandbox whose create reply was lost could not be looked for", EventName = "LostSandboxSearchFailed")]
    public static partial void LostSandboxSearchFailed(ILogger logger, Exception exception);

    [LoggerMessage(316, LogLevel.Error, "{Hook} failed for sandbox {SandboxId}", EventName = "HookFailed")]
    public static partial void HookFailed(ILogger logger, Exception exception, string hook, string sandboxId);

    [LoggerMessage(317, LogLevel.Warning, "The image {ImageId} of saved files could not be deleted; Modal deletes it when its time is over", EventName = "SavedImageNotDeleted")]
    public static partial void SavedImageNotDeleted(ILogger logger, Exception exception, string imageId);

    [LoggerMessage(318, LogLevel.Warning, "The image {ImageId} of saved files is gone; a new sandbox starts without them", EventName = "SavedImageLost")]
    public static partial void SavedImageLost(ILogger logger, Exception exception, string imageId);

    [LoggerMessage(319, LogLevel.Warning, "A sandbox for the pool could not be created; another attempt follows", EventName = "PoolNotFilled")]
    public static partial void PoolNotFilled(ILogger logger, Exception exception);

    [LoggerMessage(320, LogLevel.Warning, "Housekeeping failed; it is tried again soon", EventName = "HousekeepingFailed")]
    public static partial void HousekeepingFailed(ILogger logger, Exception exception);

    [LoggerMessage(321, LogLevel.Warning, "The time to stop was over before all sandboxes had ended: {Count} of leases run until their lease, lifetime or idle limit is over", EventName = "NotAllEnded")]
    public static partial void NotAllEnded(ILogger logger, int count);

    [LoggerMessage(322, LogLevel.Warning, "Preparing for the first sandbox failed; the first lease tries again", EventName = "PrewarmFailed")]
    public static partial void PrewarmFailed(ILogger logger, Exception exception);

    [LoggerMessage(323, LogLevel.Debug, "Swept: {Count} sandboxes of owner {Owner} had expired and were ended", EventName = "Swept")]
    public static partial void Swept(ILogger logger, int count, string owner);
}
