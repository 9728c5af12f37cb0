using System.Text;
using Google.Protobuf.WellKnownTypes;
using ModalAI.Emulator.Sandboxes;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>The logs of sandboxes: what their commands and those of their sidecars print, by time. Commands that clients run are no part of them.</summary>
internal sealed class AppLogService(SandboxRegistry registry, AppService apps)
{
    private const uint MaxLimit = 20_000;
    private const int MaxReplyBytes = 64 * 1024 * 1024;
    private const int BatchSize = 1_000;
    private const long NanosecondsPerSecond = 1_000_000_000;
    private static readonly TimeSpan MaxRange = TimeSpan.FromDays(35);

    public void Register(RpcService service)
    {
        service.Unary("AppCountLogs", (AppCountLogsRequest request, RpcContext context) => CountAsync(request, context.CancellationToken));
        service.Unary("AppFetchLogs", (AppFetchLogsRequest request, RpcContext context) => FetchAsync(request, context.CancellationToken));
    }

    private static long Nanoseconds(Timestamp timestamp) => (timestamp.Seconds * NanosecondsPerSecond) + timestamp.Nanos;

    private static (long Since, long Until) ReadRange(Timestamp? since, Timestamp? until)
    {
        if (since is null || until is null)
        {
            throw RpcFailedException.InvalidArgument("The request names no range of time: since and until are both needed.");
        }

        if (until < since || until.ToDateTimeOffset() - since.ToDateTimeOffset() > MaxRange)
        {
            throw RpcFailedException.InvalidArgument($"The range of time ends before it begins, or is longer than {MaxRange.TotalDays:0} days.");
        }

        return (Nanoseconds(since), Nanoseconds(until));
    }

    private static bool HasSource(LogLine line, FileDescriptor source) => source == FileDescriptor.Unspecified || line.Stream.Source == source;

    private static TaskLogs Entry(LogLine line, string text) => new()
    {
        Data = text,
        Timestamp = (double)line.Time / NanosecondsPerSecond,
        TimestampNs = (ulong)line.Time,
        FileDescriptor = line.Stream.Source,
        ContainerId = line.Stream.ContainerId,
        ContainerName = line.Stream.ContainerName,
    };

    private async Task<AppCountLogsResponse> CountAsync(AppCountLogsRequest request, CancellationToken cancellationToken)
    {
        var sandbox = Find(request.AppId, request.TaskId, request.SandboxId, request.FunctionId + request.FunctionCallId + request.ParametrizedFunctionId);
        var (since, until) = ReadRange(request.Since, request.Until);
        if (request.BucketSecs == 0)
        {
            throw RpcFailedException.InvalidArgument("bucket_secs is 0; give the seconds that a bucket is to span.");
        }

        using var texts = new LogTexts();
        var response = new AppCountLogsResponse { AppId = request.AppId };
        AppCountLogsResponse.Types.LogBucket? bucket = null;
        await foreach (var line in sandbox.Log.ReadAsync(since, until, cancellationToken).ConfigureAwait(false))
        {
            if (!HasSource(line, request.Source) || !await texts.MatchesAsync(line, request.SearchText, cancellationToken).ConfigureAwait(false))
            {
                continue;
            }

            // Buckets without a line are left out: a small bucket in a long range would make a long answer of nothing.
            var seconds = line.Time / NanosecondsPerSecond / request.BucketSecs * request.BucketSecs;
            if (bucket?.BucketStartAt.Seconds != seconds)
            {
                response.Buckets.Add(bucket = new AppCountLogsResponse.Types.LogBucket { BucketStartAt = new Timestamp { Seconds = seconds } });
            }

            if (line.Stream.Source == FileDescriptor.Stderr)
            {
                bucket.StderrLogs++;
            }
            else
            {
                bucket.StdoutLogs++;
            }
        }

        return response;
    }

    /// <summary>The last lines of the range, up to the limit, oldest first.</summary>
    private async Task<AppFetchLogsResponse> FetchAsync(AppFetchLogsRequest request, CancellationToken cancellationToken)
    {
        var sandbox = Find(request.AppId, request.TaskId, request.SandboxId, request.FunctionId + request.FunctionCallId + request.ParametrizedFunctionId);
        var (since, until) = ReadRange(request.Since, request.Until);
        if (request.Limit > MaxLimit)
        {
            throw RpcFailedException.InvalidArgument($"The limit of {request.Limit} entries is above {MaxLimit}.");
        }

        using var texts = new LogTexts();
        var last = new Queue<LogLine>();
        await foreach (var line in sandbox.Log.ReadAsync(since, until, cancellationToken).ConfigureAwait(false))
        {
            if (HasSource(line, request.Source) && await texts.MatchesAsync(line, request.SearchText, cancellationToken).ConfigureAwait(false))
            {
                last.Enqueue(line);
                if (last.Count > request.Limit)
                {
                    last.Dequeue();
                }
            }
        }

        var response = new AppFetchLogsResponse();
        var bytes = 0L;
        foreach (var chunk in last.Chunk(BatchSize))
        {
            var batch = new TaskLogsBatch { TaskId = sandbox.TaskId, SandboxId = sandbox.Id };
            foreach (var line in chunk)
            {
                var entry = Entry(line, Encoding.UTF8.GetString((await texts.ReadAsync(line, cancellationToken).ConfigureAwait(false)).Span));
                bytes += entry.CalculateSize();
                batch.Items.Add(entry);
            }

            if (bytes > MaxReplyBytes)
            {
                throw new RpcFailedException(RpcStatusCode.ResourceExhausted, $"The entries are more than {MaxReplyBytes} bytes; ask for fewer, or for a shorter range of time.");
            }

            response.Batches.Add(batch);
        }

        return response;
    }

    private EmulatedSandbox Find(string appId, string taskId, string sandboxId, string functions)
    {
        Unsupported.Refuse((functions.Length > 0, "logs of functions"), (taskId.Length + sandboxId.Length == 0, "logs of a whole app; name a task or a sandbox"));
        var app = apps.Find(appId);
        var sandbox = taskId.Length > 0 ? registry.FindTask(taskId) : registry.Find(sandboxId);
        if (sandbox.Plan.AppId != app.AppId || (sandboxId.Length > 0 && sandbox.Id != sandboxId))
        {
            throw RpcFailedException.NotFound($"App '{appId}' has no task '{taskId}' of a sandbox '{sandboxId}'.");
        }

        return sandbox;
    }
}
