namespace ModalAI.Emulator.Isolation;

/// <summary>
/// What a sandbox wrote over its root file system, kept to start others from. It never changes, any number of sandboxes share it, and its files go when
/// nobody holds it any more: whoever made it holds it until <see cref="Release"/>, and so does every sandbox on it until its own end.
/// </summary>
internal sealed class SandboxLayer
{
    private int _holders = 1;

    internal SandboxLayer(LayerStore store, string path, string? rootFileSystem)
    {
        Store = store;
        Path = path;
        RootFileSystem = rootFileSystem;
    }

    /// <summary>The root file system that it was written over, and that it can stand on; null for this computer's own programs.</summary>
    public string? RootFileSystem { get; }

    internal LayerStore Store { get; }

    /// <summary>Holds one directory for each overlay that was written to, by the overlay's name.</summary>
    internal string Path { get; }

    /// <summary>Whether nothing was written.</summary>
    public bool IsEmpty => !Directory.EnumerateFileSystemEntries(Path).Any();

    /// <summary>Holds the layer once more; each needs a <see cref="Release"/> of its own.</summary>
    /// <exception cref="InvalidOperationException">Nobody held it any more.</exception>
    public void Hold()
    {
        if (!TryHold())
        {
            throw new InvalidOperationException("The layer was released by everybody who held it, so its files are gone.");
        }
    }

    /// <returns>False when nobody held it any more, so that its files are gone.</returns>
    public bool TryHold()
    {
        var holders = Volatile.Read(ref _holders);
        while (holders > 0)
        {
            var seen = Interlocked.CompareExchange(ref _holders, holders + 1, holders);
            if (seen == holders)
            {
                return true;
            }

            holders = seen;
        }

        return false;
    }

    /// <summary>Gives up one hold; the last removes the files.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
        {
            Store.Remove(this);
        }
    }

    /// <summary>The layer's part of an overlay; null when nothing was written there.</summary>
    internal string? Find(string overlay)
    {
        var directory = System.IO.Path.Join(Path, overlay);
        return Directory.Exists(directory) ? directory : null;
    }
}
