using Google.Protobuf.WellKnownTypes;
using ModalAI.Protocol;
using ModalAI.Rpc;

namespace ModalAI.Sandboxes;

/// <summary>The control plane's calls on the log of one sandbox's task.</summary>
internal sealed class LogCalls(ControlPlane controlPlane, string appId, string taskId, ModalLogSource? source, string searchText)
{
    public async Task<List<LogRange>> CountAsync(DateTimeOffset since, DateTimeOffset until, int bucketSeconds, CancellationToken cancellationToken)
    {
        var request = new AppCountLogsRequest
        {
            AppId = appId,
            TaskId = taskId,
            Since = Timestamp.FromDateTimeOffset(since),
            Until = Timestamp.FromDateTimeOffset(until),
            BucketSecs = (uint)bucketSeconds,
            Source = SourceOf(source),
            SearchText = searchText,
        };
        var response = await controlPlane.CallAsync(
            "AppCountLogs", static (stub, request, options) => stub.AppCountLogsAsync(request, options), request, cancellationToken).ConfigureAwait(false);
        return
        [
            .. response.Buckets.Select(bucket =>
            {
                var start = bucket.BucketStartAt?.ToDateTimeOffset() ?? DateTimeOffset.UnixEpoch;
                return new LogRange(start, start.AddSeconds(bucketSeconds), (long)(bucket.StdoutLogs + bucket.StderrLogs + bucket.SystemLogs));
            }),
        ];
    }

    public async Task<IReadOnlyList<TaskLogs>> FetchAsync(DateTimeOffset since, DateTimeOffset until, int limit, CancellationToken cancellationToken)
    {
        var request = new AppFetchLogsRequest
        {
            AppId = appId,
            TaskId = taskId,
            Since = Timestamp.FromDateTimeOffset(since),
            Until = Timestamp.FromDateTimeOffset(until),
            Limit = (uint)limit,
            Source = SourceOf(source),
            SearchText = searchText,
        };
        var response = await controlPlane.CallAsync(
            "AppFetchLogs", static (stub, request, options) => stub.AppFetchLogsAsync(request, options), request, cancellationToken).ConfigureAwait(false);
        return [.. response.Batches.SelectMany(static batch => batch.Items)];
    }

    private static FileDescriptor SourceOf(ModalLogSource? source) => source switch
    {
        null => FileDescriptor.Unspecified,
        ModalLogSource.Output => FileDescriptor.Stdout,
        ModalLogSource.Error => FileDescriptor.Stderr,
        _ => FileDescriptor.Info,
    };
}
