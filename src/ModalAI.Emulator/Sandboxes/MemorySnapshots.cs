using ModalAI.Emulator.ControlPlane;
using ModalAI.Emulator.Isolation;

namespace ModalAI.Emulator.Sandboxes;

/// <summary>Snapshots of whole sandboxes: their files and what they were to be. What their processes had in memory is not kept.</summary>
internal sealed class MemorySnapshots(TimeProvider time)
{
    private static readonly TimeSpan TimeToLive = TimeSpan.FromDays(7);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (SandboxPlan Plan, ImageContent Content, DateTimeOffset ExpiresAt)> _byId = new(StringComparer.Ordinal);

    /// <param name="plan">The sandbox's plan.</param>
    /// <param name="content">Its files; the store holds the layers from here on, once each more than the caller does.</param>
    public string Add(SandboxPlan plan, ImageContent content)
    {
        foreach (var layer in content.Layers)
        {
            layer.Hold();
        }

        var id = ModalIds.New("sn");
        lock (_gate)
        {
            RemoveExpired();
            _byId.Add(id, (plan with { RootFileSystem = content.RootFileSystem, Layers = content.Layers }, content, time.GetUtcNow() + TimeToLive));
        }

        return id;
    }

    /// <summary>The plan of a sandbox that starts with the snapshot's files; null when there is none of that id, or not any more.</summary>
    public SandboxPlan? Find(string snapshotId)
    {
        lock (_gate)
        {
            RemoveExpired();
            return _byId.TryGetValue(snapshotId, out var snapshot) ? snapshot.Plan : null;
        }
    }

    private void RemoveExpired()
    {
        var now = time.GetUtcNow();
        foreach (var (id, snapshot) in _byId.Where(pair => pair.Value.ExpiresAt <= now).ToArray())
        {
            _byId.Remove(id);
            foreach (var layer in snapshot.Content.Layers)
            {
                layer.Release();
            }
        }
    }
}
