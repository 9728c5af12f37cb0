using System.Text;
using Microsoft.Win32.SafeHandles;

namespace ModalAI.Emulator.FileSystem;

/// <summary>
/// The directories (or the one file) that a watch has its eyes on, by their paths in the sandbox. A path is resolved in the sandbox's root, without following
/// links, each time that something is added: whatever the sandbox has swapped meanwhile, it stays inside. No directory is held open.
/// </summary>
internal sealed class WatchedTree(SandboxRoot root, Inotify inotify, bool recursive)
{
    public const int MaximumDirectories = 16_384;
    public const int MaximumFound = 16_384;

    private const uint InDirectory = Inotify.Attributes | Inotify.Created | Inotify.Opened | Inotify.Deleted | Inotify.CloseWrite | Inotify.Modify
        | Inotify.MovedFrom | Inotify.MovedTo;

    private const uint Self = Inotify.DeletedSelf | Inotify.MovedSelf;
    private const uint OfFile = Inotify.Attributes | Inotify.Opened | Inotify.CloseWrite | Inotify.Modify | Self;

    private readonly Dictionary<int, string> _paths = [];

    /// <summary>The path that is watched, after links.</summary>
    public string Base { get; private set; } = "/";

    /// <summary>The path of a watch; null for one that is gone.</summary>
    public string? Find(int watch) => _paths.GetValueOrDefault(watch);

    /// <summary>Starts to watch.</summary>
    /// <exception cref="FileSystemException">There is nothing of that name, or it may not be watched.</exception>
    public void Start(SandboxPath path)
    {
        using var identity = root.Enter();
        using var handle = root.Open(path, Syscalls.PathOnly);
        var status = SandboxRoot.GetStatus(handle);
        Base = root.PathOf(handle) ?? Encoding.Latin1.GetString(path.ToBytes().AsSpan()[..^1]);
        root.DemandReadable(status);
        if (!status.IsDirectory)
        {
            Add(handle, Base, OfFile);
            return;
        }

        Add(handle, Base, InDirectory | Self);
        if (recursive)
        {
            AddBelow(root.OpenToRead(handle, status, Syscalls.Directory), Base, found: null);
        }
    }

    /// <summary>Watches a directory that has come, with all that is below it.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="found">Takes what is in there already, up to <see cref="MaximumFound"/> paths; null where nobody asks for that.</param>
    public void AddTree(string path, List<string>? found)
    {
        if (recursive)
        {
            using var identity = root.Enter();
            TryAddTree(path, found);
        }
    }

    /// <summary>Forgets a watch that the kernel has ended.</summary>
    public void Forget(int watch) => _paths.Remove(watch);

    /// <summary>Watches a directory no more that has left, with all that is below it.</summary>
    public void RemoveTree(string path)
    {
        foreach (var (watch, _) in _paths.Where(pair => IsAtOrBelow(pair.Value, path)).ToArray())
        {
            inotify.Remove(watch);
            _paths.Remove(watch);
        }
    }

    /// <summary>Takes note of a directory's new name.</summary>
    public void MoveTree(string from, string to)
    {
        foreach (var (watch, watched) in _paths.Where(pair => IsAtOrBelow(pair.Value, from)).ToArray())
        {
            _paths[watch] = to + watched[from.Length..];
        }
    }

    public static string Join(string directory, string name) => directory == "/" ? $"/{name}" : $"{directory}/{name}";

    private static bool IsAtOrBelow(string path, string directory) =>
        path.StartsWith(directory, StringComparison.Ordinal) && (path.Length == directory.Length || path[directory.Length] == '/');

    /// <summary>Something that cannot be opened any more, or may not be read, is left out.</summary>
    private void TryAddTree(string path, List<string>? found)
    {
        SafeFileHandle? directory = null;
        try
        {
            if (root.TryOpen([.. Encoding.Latin1.GetBytes(path), 0], Syscalls.PathOnly | Syscalls.Directory | Syscalls.NoFollow, Syscalls.ResolveNoSymlinks, out var handle) != 0)
            {
                return;
            }

            using (handle)
            {
                directory = root.OpenToRead(handle, SandboxRoot.GetStatus(handle), Syscalls.Directory);
                Add(handle, path, path == Base ? InDirectory | Self : InDirectory);
            }
        }
        catch (FileSystemException exception) when (exception.Kind != ErrorKind.NotSupported)
        {
            directory?.Dispose();
            return;
        }

        AddBelow(directory, path, found);
    }

    /// <summary>Takes the handle over, and has closed it before it goes deeper.</summary>
    private void AddBelow(SafeFileHandle directory, string path, List<string>? found)
    {
        var below = new List<string>();
        using (directory)
        {
            var reader = new DirectoryReader(directory);
            while (reader.Read(out var name, out var isDirectory))
            {
                var entry = Join(path, Encoding.Latin1.GetString(name[..^1]));
                if (found?.Count < MaximumFound)
                {
                    found.Add(entry);
                }

                if (isDirectory)
                {
                    below.Add(entry);
                }
            }
        }

        foreach (var entry in below)
        {
            TryAddTree(entry, found);
        }
    }

    private void Add(SafeFileHandle handle, string path, uint mask)
    {
        const int NoSpace = 28;
        if (_paths.Count >= MaximumDirectories)
        {
            throw new FileSystemException(
                ErrorKind.NotSupported, $"There are more than the {MaximumDirectories} directories below the path that the emulator watches; watch a smaller part");
        }

        var watch = inotify.Add(handle, mask);
        if (watch == -NoSpace)
        {
            throw new FileSystemException(ErrorKind.NotSupported, "The computer grants no more inotify watches; watch a smaller part, or raise fs.inotify.max_user_watches");
        }

        _paths[watch >= 0 ? watch : throw FileSystemException.FromErrno(-watch, "Watching")] = path;
    }
}
