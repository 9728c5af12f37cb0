using System.Security.Cryptography;
using ModalAI.Emulator.ControlPlane;
using ModalAI.Emulator.Isolation;
using ModalAI.Emulator.Server;

namespace ModalAI.Emulator.Sandboxes;

/// <summary>The images that are snapshots, until their time is over or they are deleted.</summary>
internal sealed class SnapshotStore(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Snapshot> _byId = new(StringComparer.Ordinal);

    /// <param name="content">The files; the store holds the layers from here on, once each more than the caller does.</param>
    /// <param name="life">How long it is kept.</param>
    /// <param name="key">What it is as if encrypted with; null for nothing. Only a hash of it is kept.</param>
    /// <returns>The image's id.</returns>
    public string Add(ImageContent content, SnapshotLife life, ReadOnlyMemory<byte>? key = null)
    {
        foreach (var layer in content.Layers)
        {
            layer.Hold();
        }

        var id = ModalIds.New("im");
        lock (_gate)
        {
            RemoveExpired();
            _byId.Add(id, new Snapshot(content, life, key is { } bytes ? SHA256.HashData(bytes.Span) : null) { ExpiresAt = time.GetUtcNow() + life.TimeToLive });
        }

        return id;
    }

    /// <summary>The files of a snapshot; null when there is none of that id, or not any more.</summary>
    /// <exception cref="RpcFailedException">It was encrypted with another key, or none.</exception>
    public ImageContent? Find(string imageId, ReadOnlyMemory<byte>? key = null)
    {
        lock (_gate)
        {
            RemoveExpired();
            if (!_byId.TryGetValue(imageId, out var snapshot))
            {
                return null;
            }

            if (!Fits(snapshot.KeyHash, key))
            {
                throw RpcFailedException.InvalidArgument(
                    snapshot.KeyHash is null
                        ? $"Image {imageId} is not encrypted: give no encryption key."
                        : $"Image {imageId} is encrypted: give the key that its snapshot was made with.");
            }

            if (snapshot.Life.IsRenewedByUse)
            {
                snapshot.ExpiresAt = time.GetUtcNow() + snapshot.Life.TimeToLive;
            }

            return snapshot.Content;
        }
    }

    public bool Contains(string imageId)
    {
        lock (_gate)
        {
            RemoveExpired();
            return _byId.ContainsKey(imageId);
        }
    }

    /// <returns>False when there is no such snapshot.</returns>
    public bool Remove(string imageId)
    {
        lock (_gate)
        {
            RemoveExpired();
            return RemoveNow(imageId);
        }
    }

    private static bool Fits(byte[]? hash, ReadOnlyMemory<byte>? key) =>
        (hash, key) switch
        {
            (null, null) => true,
            ({ } known, { } given) => CryptographicOperations.FixedTimeEquals(known, SHA256.HashData(given.Span)),
            _ => false,
        };

    private void RemoveExpired()
    {
        var now = time.GetUtcNow();
        foreach (var (id, _) in _byId.Where(pair => pair.Value.ExpiresAt <= now).ToArray())
        {
            RemoveNow(id);
        }
    }

    private bool RemoveNow(string imageId)
    {
        if (!_byId.Remove(imageId, out var snapshot))
        {
            return false;
        }

        foreach (var layer in snapshot.Content.Layers)
        {
            layer.Release();
        }

        return true;
    }

    private sealed class Snapshot(ImageContent content, SnapshotLife life, byte[]? keyHash)
    {
        public ImageContent Content => content;

        public SnapshotLife Life => life;

        public byte[]? KeyHash => keyHash;

        /// <summary>Null for never.</summary>
        public DateTimeOffset? ExpiresAt { get; set; }
    }
}
