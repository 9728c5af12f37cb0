using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Win32.SafeHandles;
using ModalAI.Emulator.Isolation.Native;

namespace ModalAI.Emulator.Isolation;

/// <summary>The layers that were taken from the sandboxes of one host; they go with it.</summary>
internal sealed class LayerStore : IDisposable
{
    /// <summary>So long a copy is made again when something was written meanwhile, so that it shows one moment; after that it may show several.</summary>
    private const int SteadySeconds = 5;

    private static readonly TimeSpan CopyLimit = TimeSpan.FromMinutes(10);

    private readonly NamespaceHolder _holder;
    private readonly string _directory;
    private readonly string _emptyRoot;
    private readonly ConcurrentDictionary<Task, bool> _removals = new();
    private readonly CancellationTokenSource _stopping = new();
    private int _count;

    public LayerStore(NamespaceHolder holder, string directory, string emptyRoot)
    {
        _holder = holder;
        _directory = directory;
        _emptyRoot = emptyRoot;
    }

    /// <summary>Copies what a sandbox has written so far. Its processes go on meanwhile.</summary>
    /// <exception cref="IOException">It could not be copied: the disk is full, or more was written than can be followed.</exception>
    public async Task<SandboxLayer> CopyAsync(string writable, string? rootFileSystem, CancellationToken cancellationToken)
    {
        var path = NextPath();
        return await CopyAsync(path, rootFileSystem, token => FreezeAsync(writable, path, directory: null, token), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Copies what is in a directory of a running sandbox, as a layer over nothing. What is mounted below the directory is left out.</summary>
    /// <exception cref="IOException">It could not be copied.</exception>
    public async Task<SandboxLayer> CopyDirectoryAsync(SafeFileHandle directory, CancellationToken cancellationToken)
    {
        var path = NextPath();
        return await CopyAsync(
            path,
            _emptyRoot,
            token =>
            {
                MountTable.Make(path, DirectoryMode.Private);
                return FreezeAsync(".", Path.Join(path, "root"), directory, token);
            },
            cancellationToken).ConfigureAwait(false);
    }

    private async Task<SandboxLayer> CopyAsync(string path, string? rootFileSystem, Func<CancellationToken, Task> freeze, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        limit.CancelAfter(CopyLimit);
        try
        {
            await freeze(limit.Token).ConfigureAwait(false);
            return Add(path, rootFileSystem);
        }
        catch (Exception exception)
        {
            await RemoveAsync(path).ConfigureAwait(false);
            if (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
                throw new IOException($"What the sandbox has written was not copied within {CopyLimit.TotalMinutes} minutes.", exception);
            }

            throw;
        }
    }

    private async Task FreezeAsync(string source, string target, SafeFileHandle? directory, CancellationToken cancellationToken)
    {
        // The sandbox's root may read what a plain user has closed to himself.
        string[] entrance = _holder.Tier == IsolationTier.User
            ? [HostTools.Nsenter, "--preserve-credentials", $"--user=/proc/{_holder.ProcessId}/ns/user", "--"]
            : [];
        var (exitCode, said) = await HostCommand.RunAsync(
            [
                .. entrance, HostTools.Shell, "-c", ScriptText.Freeze, "freeze", source, target,
                SteadySeconds.ToString(CultureInfo.InvariantCulture),
            ],
            cancellationToken,
            directory).ConfigureAwait(false);
        if (exitCode != 0)
        {
            throw new IOException($"What the sandbox has written could not be copied (exit code {exitCode}): {said}");
        }
    }

    /// <summary>Takes over what a sandbox wrote in which nothing runs any more.</summary>
    public SandboxLayer Take(string writable, string? rootFileSystem)
    {
        var path = NextPath();
        Directory.Move(writable, path);
        return Add(path, rootFileSystem);
    }

    public void Remove(SandboxLayer layer)
    {
        var removal = RemoveAsync(layer.Path);
        _removals.TryAdd(removal, true);
        _ = removal.ContinueWith(ended => _removals.TryRemove(ended, out _), TaskScheduler.Default);
    }

    /// <summary>Gives up the copies that are being made, and makes no more.</summary>
    public Task StopAsync() => _stopping.CancelAsync();

    /// <summary>Waits until the files of what was released are gone.</summary>
    public Task WhenRemovedAsync() => Task.WhenAll(_removals.Keys);

    public void Dispose() => _stopping.Dispose();

    private static async Task RemoveAsync(string path)
    {
        // What was just killed may write one more file.
        for (var attempt = 0; attempt < 5 && (Path.Exists(path) || Path.Exists($"{path}.mark")); attempt++)
        {
            await SandboxFiles.RemoveAsync(path, CancellationToken.None).ConfigureAwait(false);
            await SandboxFiles.RemoveAsync($"{path}.mark", CancellationToken.None).ConfigureAwait(false);
        }
    }

    private string NextPath() => Path.Join(_directory, Interlocked.Increment(ref _count).ToString(CultureInfo.InvariantCulture));

    private SandboxLayer Add(string path, string? rootFileSystem)
    {
        // An overlay that nothing was written to needs no place in the stack, whose depth the kernel limits. The others are not empty, and stay.
        foreach (var overlay in Directory.EnumerateDirectories(path))
        {
            _ = Libc.RemoveDirectory(overlay);
        }

        return new SandboxLayer(this, path, rootFileSystem);
    }
}
