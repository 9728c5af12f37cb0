using System.Buffers.Binary;
using System.Text;

namespace ModalAI.Emulator.FileSystem;

/// <summary>Watch: tells of changes until its input or its time ends. It has a thread of its own, which the kernel wakes.</summary>
internal sealed class FileWatcher : IDisposable
{
    private const int HeaderLength = 16;
    private const int BufferSize = 64 * 1024;

    /// <summary>How long the second half of a rename may be behind the first: the kernel tells them one right after the other.</summary>
    private const int RenameGapMilliseconds = 20;

    private readonly Inotify _inotify = new();
    private readonly WatchedTree _tree;
    private readonly ChangeWriter _changes;
    private readonly TimeSpan? _timeout;

    /// <summary>First halves of renames, by the number that both halves bear.</summary>
    private readonly Dictionary<uint, (string Path, bool IsDirectory)> _renames = [];

    /// <summary>What a look into a new directory has told of already, until the queue is empty.</summary>
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);

    private FileWatcher(SandboxRoot root, WatchOptions options, Stream output)
    {
        _tree = new WatchedTree(root, _inotify, options.Recursive);
        _changes = new ChangeWriter(output, options.Filter);
        _timeout = options.Timeout;
    }

    public static async Task WatchAsync(
        SandboxRoot root, SandboxPath path, WatchOptions options, Stream input, Stream output, CancellationToken cancellationToken)
    {
        using var watcher = new FileWatcher(root, options, output);
        watcher._tree.Start(path);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var wake = ending.Token.Register(watcher._inotify.Wake);
        var ended = EndWithInputAsync(input, ending);
        try
        {
            await Task.Factory.StartNew(() => watcher.Run(ending.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)
                .ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Dispose() => _inotify.Dispose();

    /// <summary>What is written to a watch means nothing; only the end counts.</summary>
    private static async Task EndWithInputAsync(Stream input, CancellationTokenSource ending)
    {
        var buffer = new byte[1024];
        while (await input.ReadAsync(buffer, ending.Token).ConfigureAwait(false) > 0)
        {
        }

        await ending.CancelAsync().ConfigureAwait(false);
    }

    private void Run(CancellationToken ending)
    {
        var buffer = new byte[BufferSize];
        var started = Environment.TickCount64;
        while (!ending.IsCancellationRequested)
        {
            var left = _timeout is { } timeout ? (long)timeout.TotalMilliseconds - (Environment.TickCount64 - started) : int.MaxValue;
            if (left <= 0)
            {
                break;
            }

            var count = _inotify.Read(buffer);
            if (count > 0)
            {
                Take(buffer.AsSpan(0, count));
            }
            else if (_renames.Count > 0)
            {
                _inotify.Wait(RenameGapMilliseconds);
                Take(buffer.AsSpan(0, _inotify.Read(buffer)));
            }
            else
            {
                _told.Clear();
                _inotify.Wait((int)Math.Min(left, int.MaxValue));
            }

            _changes.Flush();
        }

        EndRenames();
        _changes.Flush();
    }

    private void Take(ReadOnlySpan<byte> events)
    {
        EndRenamesWithoutSecondHalf(events);
        while (events.Length >= HeaderLength)
        {
            var watch = BinaryPrimitives.ReadInt32LittleEndian(events);
            var mask = BinaryPrimitives.ReadUInt32LittleEndian(events[4..]);
            var cookie = BinaryPrimitives.ReadUInt32LittleEndian(events[8..]);
            var length = LengthOf(events);
            var name = events[HeaderLength..length];
            events = events[length..];
            var end = name.IndexOf((byte)0);
            Take(watch, mask, cookie, Encoding.Latin1.GetString(end < 0 ? name : name[..end]));

            // What has left is told before what comes after it, unless this is the last that is known.
            if ((mask & Inotify.MovedFrom) != 0 && events.Length > 0)
            {
                EndRenamesWithoutSecondHalf(events);
            }
        }
    }

    private static int LengthOf(ReadOnlySpan<byte> events) => HeaderLength + BinaryPrimitives.ReadInt32LittleEndian(events[12..]);

    private static bool HasSecondHalf(ReadOnlySpan<byte> events, uint cookie)
    {
        for (; events.Length >= HeaderLength; events = events[LengthOf(events)..])
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(events[8..]) == cookie)
            {
                return true;
            }
        }

        return false;
    }

    private void Take(int watch, uint mask, uint cookie, string name)
    {
        if ((mask & Inotify.Overflow) != 0)
        {
            // Changes were lost: all that is certain is that there were some.
            _changes.Write(ChangeKind.Unknown, _tree.Base);
            _tree.AddTree(_tree.Base, found: null);
            return;
        }

        if (_tree.Find(watch) is not { } directory)
        {
            return;
        }

        if ((mask & Inotify.Ignored) != 0)
        {
            _tree.Forget(watch);
        }
        else if (name.Length == 0)
        {
            TakeSelf(mask, directory);
        }
        else
        {
            TakeEntry(mask, cookie, WatchedTree.Join(directory, name));
        }
    }

    /// <summary>A directory below is an entry of the one above it, which tells the same.</summary>
    private void TakeSelf(uint mask, string path)
    {
        if (path != _tree.Base)
        {
            return;
        }

        if ((mask & (Inotify.DeletedSelf | Inotify.Unmounted)) != 0)
        {
            _changes.Write(ChangeKind.Remove, path);
        }
        else if ((mask & Inotify.MovedSelf) != 0)
        {
            _changes.Write(ChangeKind.RenameFrom, path);
        }
        else
        {
            WriteSimple(mask, path);
        }
    }

    private void TakeEntry(uint mask, uint cookie, string path)
    {
        var isDirectory = (mask & Inotify.IsDirectory) != 0;
        if ((mask & Inotify.MovedFrom) != 0)
        {
            _renames[cookie] = (path, isDirectory);
        }
        else if ((mask & Inotify.MovedTo) != 0)
        {
            EndRename(cookie, path, isDirectory);
        }
        else if ((mask & Inotify.Created) != 0)
        {
            if (!_told.Remove(path))
            {
                _changes.Write(ChangeKind.Create, path);
            }

            if (isDirectory)
            {
                AddCreatedTree(path);
            }
        }
        else if ((mask & Inotify.Deleted) != 0)
        {
            _changes.Write(ChangeKind.Remove, path);
        }
        else
        {
            WriteSimple(mask, path);
        }
    }

    private void WriteSimple(uint mask, string path)
    {
        if ((mask & (Inotify.Modify | Inotify.Attributes)) != 0)
        {
            _changes.Write(ChangeKind.Modify, path);
        }
        else if ((mask & Inotify.IsDirectory) == 0 && (mask & (Inotify.Opened | Inotify.CloseWrite)) != 0)
        {
            // Directories are opened by whoever looks around, this watch too: that tells nothing.
            _changes.Write(ChangeKind.Access, path);
        }
    }

    private void EndRename(uint cookie, string path, bool isDirectory)
    {
        if (_renames.Remove(cookie, out var from))
        {
            _changes.Write(ChangeKind.Rename, from.Path, path);
            if (isDirectory)
            {
                _tree.MoveTree(from.Path, path);
            }
        }
        else
        {
            _changes.Write(ChangeKind.RenameTo, path);
            if (isDirectory)
            {
                _tree.AddTree(path, found: null);
            }
        }
    }

    /// <summary>Files may have come between a directory and its watch.</summary>
    private void AddCreatedTree(string path)
    {
        var found = new List<string>();
        _tree.AddTree(path, found);
        if (found.Count == WatchedTree.MaximumFound)
        {
            _changes.Write(ChangeKind.Unknown, path);
        }

        foreach (var entry in found)
        {
            if (_told.Add(entry))
            {
                _changes.Write(ChangeKind.Create, entry);
            }
        }
    }

    private void EndRenames() => EndRenamesWithoutSecondHalf(default);

    private void EndRenamesWithoutSecondHalf(ReadOnlySpan<byte> events)
    {
        foreach (var (cookie, (path, isDirectory)) in _renames)
        {
            if (HasSecondHalf(events, cookie))
            {
                continue;
            }

            // Removing what is being enumerated is allowed.
            _renames.Remove(cookie);
            _changes.Write(ChangeKind.RenameFrom, path);
            if (isDirectory)
            {
                _tree.RemoveTree(path);
            }
        }
    }
}
