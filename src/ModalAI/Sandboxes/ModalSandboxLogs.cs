using System.Runtime.CompilerServices;
using ModalAI.Protocol;
using ModalAI.Rpc;
using ModalAI.Sandboxes;

namespace ModalAI;

/// <summary>
/// What Modal has kept of the output of a sandbox's own command, with the time of each entry; also after its end. The output of commands that are run in the sandbox
/// is no part of it.
/// </summary>
public sealed class ModalSandboxLogs
{
    /// <summary>How many entries <see cref="TailAsync"/> gives by default.</summary>
    public const int DefaultTailEntries = 100;

    private const int MaxRefinements = 3;
    private const int MaxFetches = 500;
    private const int FetchesAhead = 10;
    private static readonly TimeSpan MaxRange = TimeSpan.FromDays(35);
    private static readonly TimeSpan[] TailRanges = [TimeSpan.FromHours(1), TimeSpan.FromDays(1), TimeSpan.FromDays(7), TimeSpan.FromDays(30)];

    private readonly ModalSandbox _sandbox;
    private readonly Func<CancellationToken, Task<(string AppId, string TaskId)>> _findTask;

    internal ModalSandboxLogs(ModalSandbox sandbox, Func<CancellationToken, Task<(string AppId, string TaskId)>> findTask)
    {
        _sandbox = sandbox;
        _findTask = findTask;
    }

    /// <summary>Gives the entries of a time, oldest first, fetched piece by piece as they are asked for (RPC AppCountLogs, AppFetchLogs).</summary>
    /// <param name="query">Which ones.</param>
    /// <param name="cancellationToken">Stops fetching.</param>
    /// <exception cref="ModalException">
    /// The time is longer than 35 days or ends before it begins (<see cref="ModalErrorCode.InvalidArgument"/>); it has more entries than can be fetched
    /// (<see cref="ModalErrorCode.ResourceExhausted"/>); the sandbox is unknown (<see cref="ModalErrorCode.NotFound"/>).
    /// </exception>
    public async IAsyncEnumerable<ModalLogEntry> FetchAsync(ModalLogQuery query, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        var since = query.Since;
        var until = query.Until ?? _sandbox.Client.TimeProvider.GetUtcNow();
        if (until < since || until - since > MaxRange)
        {
            throw ModalErrors.InvalidArgument($"The time from {since:O} to {until:O} ends before it begins, or is longer than {MaxRange.TotalDays:0} days.");
        }

        var calls = await OpenAsync(query.Source, query.SearchText, cancellationToken).ConfigureAwait(false);
        var pieces = await PlanAsync(calls, since, until, cancellationToken).ConfigureAwait(false);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var pending = new Queue<Task<IReadOnlyList<TaskLogs>>>();
        try
        {
            foreach (var piece in pieces)
            {
                pending.Enqueue(calls.FetchAsync(piece.Start, piece.End, LogRange.MaxEntries, stopping.Token));
                if (pending.Count >= FetchesAhead)
                {
                    foreach (var entry in await pending.Dequeue().ConfigureAwait(false))
                    {
                        yield return EntryOf(entry);
                    }
                }
            }

            while (pending.TryDequeue(out var fetch))
            {
                foreach (var entry in await fetch.ConfigureAwait(false))
                {
                    yield return EntryOf(entry);
                }
            }
        }
        finally
        {
            await stopping.CancelAsync().ConfigureAwait(false);
            await ((Task)Task.WhenAll(pending)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Gives the last entries, oldest first, of the last 30 days at most (RPC AppFetchLogs).</summary>
    /// <param name="entries">How many, 0 to 20000.</param>
    /// <param name="source">Those of one source; null for all.</param>
    /// <param name="cancellationToken">Stops fetching.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is not allowed.</exception>
    /// <exception cref="ModalException">As <see cref="FetchAsync"/>.</exception>
    public async IAsyncEnumerable<ModalLogEntry> TailAsync(
        int entries = DefaultTailEntries, ModalLogSource? source = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(entries);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(entries, LogRange.MaxEntries);
        var calls = await OpenAsync(source, "", cancellationToken).ConfigureAwait(false);
        var now = _sandbox.Client.TimeProvider.GetUtcNow();
        foreach (var range in TailRanges)
        {
            var found = await calls.FetchAsync(now - range, now, entries, cancellationToken).ConfigureAwait(false);
            if (found.Count >= entries || range == TailRanges[^1])
            {
                foreach (var entry in found)
                {
                    yield return EntryOf(entry);
                }

                yield break;
            }
        }
    }

    /// <summary>The pieces of a time that are fetched one by one: Modal gives no more than so many entries at once.</summary>
    private static async Task<List<LogRange>> PlanAsync(LogCalls calls, DateTimeOffset since, DateTimeOffset until, CancellationToken cancellationToken)
    {
        var ranges = await calls.CountAsync(since, until, LogRange.FirstBucketSize(until - since), cancellationToken).ConfigureAwait(false);
        for (var refinement = 0; refinement < MaxRefinements && ranges.Exists(static range => range.Count > LogRange.MaxEntries); refinement++)
        {
            var refined = new List<LogRange>();
            foreach (var range in ranges)
            {
                refined.AddRange(
                    range.Count > LogRange.MaxEntries && LogRange.SmallerBucketSize(range.End - range.Start) is { } size
                        ? (await calls.CountAsync(range.Start, range.End, size, cancellationToken).ConfigureAwait(false)).Select(part => Clip(part, range.Start, range.End))
                        : [range]);
            }

            ranges = refined;
        }

        var pieces = LogRange.Merge(ranges).Select(range => Clip(range, since, until)).Where(static range => range.Start < range.End).ToList();
        return pieces.Count <= MaxFetches && !ranges.Exists(static range => range.Count > LogRange.MaxEntries)
            ? pieces
            : throw new ModalException(
                ModalErrorCode.ResourceExhausted, "There are too many log entries in that time to be fetched; narrow it, or look for a source or a text.");
    }

    private static LogRange Clip(LogRange range, DateTimeOffset since, DateTimeOffset until) =>
        range with { Start = range.Start < since ? since : range.Start, End = range.End > until ? until : range.End };

    private async Task<LogCalls> OpenAsync(ModalLogSource? source, string searchText, CancellationToken cancellationToken)
    {
        var (appId, taskId) = await _findTask(cancellationToken).ConfigureAwait(false);
        return new LogCalls(_sandbox.Client.ControlPlane, appId, taskId, source, searchText);
    }

    private ModalLogEntry EntryOf(TaskLogs entry) => new(
        entry.Data,
        entry.FileDescriptor switch
        {
            FileDescriptor.Stdout => ModalLogSource.Output,
            FileDescriptor.Stderr => ModalLogSource.Error,
            _ => ModalLogSource.Info,
        },
        entry.GetTime(),
        _sandbox.Id,
        entry.ContainerId.Length > 0 ? entry.ContainerId : null);
}
