namespace ModalAI;

/// <summary>
/// Remembers the snapshots that stopped sandboxes go on from. A store that several processes share lets another one, or another day, go on where this one stopped.
/// Implementations are thread-safe.
/// </summary>
/// <remarks>Keys say whose snapshot it is; they are opaque to the store, and compared by their characters.</remarks>
public interface ISnapshotStore
{
    /// <summary>Looks a snapshot up.</summary>
    /// <param name="key">Whose snapshot.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The snapshot; null when there is none, or when it has expired.</returns>
    Task<StoredSnapshot?> GetAsync(string key, CancellationToken cancellationToken = default);

    /// <summary>Remembers a snapshot in the place of an earlier one; one that has expired already is not kept.</summary>
    /// <param name="key">Whose snapshot.</param>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task SetAsync(string key, StoredSnapshot snapshot, CancellationToken cancellationToken = default);

    /// <summary>Forgets a snapshot; does nothing when there is none. The image itself stays with Modal.</summary>
    /// <param name="key">Whose snapshot.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task RemoveAsync(string key, CancellationToken cancellationToken = default);
}
