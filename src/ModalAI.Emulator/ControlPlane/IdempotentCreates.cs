using ModalAI.Emulator.Server;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>
/// Creates are repeated by clients that lost the reply, with the same <c>x-idempotency-key</c>: they get the first one's reply. The latest keys
/// are remembered.
/// </summary>
internal sealed class IdempotentCreates<TResponse>
{
    private const string Header = "x-idempotency-key";
    private const int MaxKeys = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Lazy<Task<TResponse>>> _byKey = new(StringComparer.Ordinal);
    private readonly Queue<string> _keys = new();

    /// <summary>
    /// Runs the create, or waits for the one of the same key. The create itself goes on when the client leaves: who repeats it finds its result.
    /// </summary>
    public async Task<TResponse> RunAsync(RpcContext context, Func<Task<TResponse>> create)
    {
        return context.Header(Header) is { } key
            ? await RunAsync($"{context.Rpc}/{key}", create, context.CancellationToken).ConfigureAwait(false)
            : await create().ConfigureAwait(false);
    }

    /// <summary>The same for a key that is in the request itself.</summary>
    public async Task<TResponse> RunAsync(string key, Func<Task<TResponse>> create, CancellationToken cancellationToken)
    {
        var entry = GetOrAdd(key, create);
        try
        {
            return await entry.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception) when (entry.Value.IsFaulted || entry.Value.IsCanceled)
        {
            // A create that failed made nothing, so it may be tried again.
            lock (_gate)
            {
                if (_byKey.GetValueOrDefault(key) == entry)
                {
                    _byKey.Remove(key);
                }
            }

            throw;
        }
    }

    private Lazy<Task<TResponse>> GetOrAdd(string key, Func<Task<TResponse>> create)
    {
        lock (_gate)
        {
            if (_byKey.TryGetValue(key, out var known))
            {
                return known;
            }

            var entry = new Lazy<Task<TResponse>>(async () => await create().ConfigureAwait(false));
            _byKey.Add(key, entry);
            _keys.Enqueue(key);
            if (_keys.Count > MaxKeys)
            {
                _byKey.Remove(_keys.Dequeue());
            }

            return entry;
        }
    }
}
