using System.Security.Cryptography;
using Microsoft.Extensions.AI;

namespace ModalAI.Tools;

/// <summary>
/// Leases of responses that ended by asking for consent, until the response comes that has the answer. Bounded in number and time. Thread-safe.
/// </summary>
/// <param name="timeout">How long one is held.</param>
/// <param name="time">The clock.</param>
internal sealed class HeldResponses(TimeSpan timeout, TimeProvider time) : IDisposable
{
    public const int MaxHeld = 1_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Held> _held = new(StringComparer.Ordinal);
    private long _count;
    private bool _isDisposed;

    /// <summary>Begins a response: with the lease that is held for its messages, or with a new one.</summary>
    /// <param name="messages">Their latest answer to a request counts.</param>
    /// <param name="key">Whose sandbox it uses; null for nobody's in particular. Nobody gets what is held for another.</param>
    /// <param name="acquire">Borrows the sandbox of a new lease.</param>
    public ResponseTurn Begin(IEnumerable<ChatMessage> messages, string? key, Func<CancellationToken, Task<ModalSandboxLease>> acquire)
    {
        var held = Take(messages, key);
        held?.Lease?.Doubt();
        return new ResponseTurn(this, held?.Lease ?? new ResponseLease(acquire), key) { LostSandbox = held?.LostSandbox };
    }

    /// <summary>
    /// A mark for the ids of a response's requests. Ids alone would not do: they are made of the ids of calls, which some services number or derive from names,
    /// so that one conversation's answer would find another one's sandbox.
    /// </summary>
    public static string NewMark() => RandomNumberGenerator.GetHexString(32, lowercase: true);

    /// <summary>An id with a mark.</summary>
    public static string Mark(string requestId, string mark) => $"{requestId}.{mark}";

    /// <summary>Holds a lease until the answer comes, or for its time. False when nobody will come for it any more.</summary>
    public bool TryHold(string mark, string? key, ResponseLease lease)
    {
        ResponseLease? oldest = null;
        lock (_gate)
        {
            if (_isDisposed)
            {
                return false;
            }

            // The first is the one whose time is over first, or long over.
            if (_held.Count >= MaxHeld)
            {
                oldest = Remove(_held.MinBy(static held => held.Value.Number).Key)?.Lease;
            }

            _held.Add(mark, new Held(_count++, key, lease, time.CreateTimer(_ => End(mark), null, timeout, Timeout.InfiniteTimeSpan)));
        }

        EndSoon(oldest);
        return true;
    }

    /// <summary>Begins to end all that are held; waits for none.</summary>
    public void Dispose()
    {
        Held[] all;
        lock (_gate)
        {
            _isDisposed = true;
            all = [.. _held.Keys.ToArray().Select(mark => Remove(mark)!)];
        }

        Array.ForEach(all, static held => EndSoon(held.Lease));
    }

    private static void EndSoon(ResponseLease? lease) => lease?.DisposeAsync().AsTask().Observe();

    private Held? Take(IEnumerable<ChatMessage> messages, string? key)
    {
        lock (_gate)
        {
            if (_held.Count == 0)
            {
                return null;
            }

            // An id has the marks of all clients that it went through.
            var mark = messages.Reverse().SelectMany(static message => message.Contents).OfType<ToolApprovalResponseContent>()
                .SelectMany(static answer => answer.RequestId.Split('.'))
                .FirstOrDefault(part => _held.TryGetValue(part, out var held) && held.Key == key);
            return mark is null ? null : Remove(mark);
        }
    }

    private void End(string mark)
    {
        Held? held;
        lock (_gate)
        {
            held = Remove(mark);
            if (held?.Lease?.SandboxId is { } sandboxId)
            {
                // Who comes too late is told.
                _held.Add(mark, held with { Lease = null, LostSandbox = sandboxId });
            }
        }

        EndSoon(held?.Lease);
    }

    private Held? Remove(string mark)
    {
        if (_held.Remove(mark, out var held))
        {
            held.Timer.Dispose();
        }

        return held;
    }

    /// <param name="Number">How many came before.</param>
    /// <param name="Key">Whose sandbox it uses.</param>
    /// <param name="Lease">What is held; null when its time is over.</param>
    /// <param name="Timer">Ends it.</param>
    private sealed record Held(long Number, string? Key, ResponseLease? Lease, ITimer Timer)
    {
        /// <summary>Id of the sandbox that it had, when its time is over.</summary>
        public string? LostSandbox { get; init; }
    }
}
