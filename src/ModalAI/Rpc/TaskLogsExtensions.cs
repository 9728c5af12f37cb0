using ModalAI.Protocol;

namespace ModalAI.Rpc;

/// <summary>Reads entries of Modal's logs.</summary>
internal static class TaskLogsExtensions
{
    private static readonly double MaxSeconds = (DateTimeOffset.MaxValue - DateTimeOffset.UnixEpoch).TotalSeconds - 1;

    /// <summary>When the entry was made; the Unix epoch for a time that cannot be.</summary>
    public static DateTimeOffset GetTime(this TaskLogs entry) => entry switch
    {
        { TimestampNs: > 0 and var nanoseconds } => DateTimeOffset.UnixEpoch.AddTicks((long)(nanoseconds / TimeSpan.NanosecondsPerTick)),
        { Timestamp: >= 0 and var seconds } when seconds < MaxSeconds => DateTimeOffset.UnixEpoch.AddSeconds(seconds),
        _ => DateTimeOffset.UnixEpoch,
    };
}
