namespace ModalAI.Sandboxes;

/// <summary>
/// Lets those who write to the input of one process follow each other: two that have asked where it goes on would both write there, and the router takes the
/// second for a repetition of the first. Thread-safe.
/// </summary>
internal sealed class InputTurns
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Turn> _turns = new(StringComparer.Ordinal);

    /// <summary>Waits for those that came before; disposing of what this returns lets the next one in.</summary>
    public async Task<IDisposable> TakeAsync(string execId, CancellationToken cancellationToken)
    {
        Turn? turn;
        lock (_gate)
        {
            if (!_turns.TryGetValue(execId, out turn))
            {
                _turns.Add(execId, turn = new Turn());
            }

            turn.Users++;
        }

        try
        {
            await turn.Free.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            Leave(execId, turn);
            throw;
        }

        return new Taken(this, execId, turn);
    }

    private void Leave(string execId, Turn turn)
    {
        lock (_gate)
        {
            if (--turn.Users == 0)
            {
                _turns.Remove(execId);
            }
        }
    }

    private sealed class Turn
    {
        public SemaphoreSlim Free { get; } = new(1, 1);

        public int Users { get; set; }
    }

    private sealed class Taken(InputTurns turns, string execId, Turn turn) : IDisposable
    {
        public void Dispose()
        {
            turn.Free.Release();
            turns.Leave(execId, turn);
        }
    }
}
