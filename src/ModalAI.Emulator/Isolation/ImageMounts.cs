using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using ModalAI.Emulator.Isolation.Native;

namespace ModalAI.Emulator.Isolation;

/// <summary>
/// The images that are mounted into one running sandbox: each an overlay of its own, put together out of the sandbox's sight and then moved into its mount
/// namespace. What is written there goes when it is unmounted.
/// </summary>
/// <param name="holder">The namespaces around all sandboxes.</param>
/// <param name="baseFileSystem">What images stand on.</param>
/// <param name="directory">The sandbox's directory.</param>
/// <param name="mountNamespace">The sandbox's mount namespace.</param>
internal sealed class ImageMounts(NamespaceHolder holder, BaseFileSystem baseFileSystem, string directory, SafeFileHandle mountNamespace) : IAsyncDisposable
{
    private const string Report = "MOUNT ";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>By path, the last one mounted on top.</summary>
    private readonly Dictionary<string, Stack<Mount>> _mounts = new(StringComparer.Ordinal);

    /// <summary>What is mounted no more, or not where it was.</summary>
    private readonly List<Mount> _lost = [];
    private int _count;
    private bool _ended;

    /// <summary>Mounts an image at a directory of the sandbox.</summary>
    /// <param name="path">An absolute path, resolved inside the sandbox; the directory must be there.</param>
    /// <param name="content">The image; null for an empty directory. Its layers are held until it is unmounted.</param>
    /// <param name="cancellationToken">Gives up before it is mounted.</param>
    /// <exception cref="MountException">It could not be mounted.</exception>
    public async Task MountAsync(string path, ImageContent? content, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ThrowIfEnded();
            var folder = $"{directory}/mounts/{_count++}";
            var mount = new Mount(folder, Hold(content));
            try
            {
                await PutTogetherAsync(folder, content, cancellationToken).ConfigureAwait(false);
                string[] arguments = [HostTools.Unshare, "-m", "--", HostTools.Shell, "-c", ScriptText.Mount, "mount", folder, ScriptText.MountCalls, .. Arguments("mount", path)];
                mount.Identity = await RunAsync(arguments, path, cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                await RemoveAsync(mount).ConfigureAwait(false);
                throw;
            }

            if (!_mounts.TryGetValue(path, out var stack))
            {
                _mounts.Add(path, stack = new Stack<Mount>());
            }

            stack.Push(mount);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Takes away what was last mounted at this very path.</summary>
    /// <exception cref="MountException">Nothing is mounted there, or not any more.</exception>
    public async Task UnmountAsync(string path, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ThrowIfEnded();
            if (!_mounts.TryGetValue(path, out var stack))
            {
                throw NotMounted(path);
            }

            var mount = stack.Peek();
            try
            {
                string[] arguments = [HostTools.Perl, "-e", ScriptText.MountCalls, .. Arguments("unmount", path), mount.Identity];
                _ = await RunAsync(arguments, path, cancellationToken).ConfigureAwait(false);
            }
            catch (MountException exception) when (exception.Failure is not (MountFailure.Path or MountFailure.NotMounted))
            {
                throw;
            }
            catch (MountException)
            {
                // It went with a mount above it, or the sandbox took it away, or covered it and still uses it: its files stay to the sandbox's end.
                _lost.Add(Pop(path, stack));
                throw NotMounted(path);
            }

            await RemoveAsync(Pop(path, stack)).ConfigureAwait(false);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Lets go of everything; the sandbox has ended, and its directory is removed by others.</summary>
    public async ValueTask DisposeAsync()
    {
        await _one.WaitAsync().ConfigureAwait(false);
        _ended = true;
        foreach (var layer in _mounts.Values.SelectMany(static stack => stack).Concat(_lost).SelectMany(static mount => mount.Layers))
        {
            layer.Release();
        }

        _mounts.Clear();
        _lost.Clear();
        _one.Release();
    }

    private static IReadOnlyList<SandboxLayer> Hold(ImageContent? content)
    {
        var layers = content?.Layers ?? [];
        var held = layers.TakeWhile(static layer => layer.TryHold()).ToList();
        if (held.Count == layers.Count)
        {
            return layers;
        }

        held.ForEach(static layer => layer.Release());
        throw new MountException(MountFailure.Unavailable, "The image was deleted, or its time was over, before it was mounted.");
    }

    private static string[] Arguments(string action, string path)
    {
        // Numbers of setns, umount2 and O_DIRECTORY; those of the calls that came later are the same everywhere.
        string[] numbers = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => ["308", "166", "65536"],
            Architecture.Arm64 => ["268", "39", "16384"],
            var other => throw new MountException(MountFailure.Unavailable, $"Images can be mounted into running sandboxes on x64 and arm64 computers only, and this is {other}."),
        };
        return File.Exists(HostTools.Perl)
            ? [action, .. numbers, path]
            : throw new MountException(MountFailure.Unavailable, "Images can be mounted into running sandboxes only where there is Perl, which this computer lacks; install perl-base.");
    }

    private static MountException NotMounted(string path) =>
        new(MountFailure.NotMounted, $"No image is mounted at '{path}'. Give the very path that it was mounted at.");

    private async Task PutTogetherAsync(string folder, ImageContent? content, CancellationToken cancellationToken)
    {
        if (!Directory.Exists($"{directory}/mounts"))
        {
            MountTable.Make($"{directory}/mounts", DirectoryMode.PassThrough);
        }

        MountTable.Make(folder, DirectoryMode.PassThrough);
        var table = new MountTable(holder, baseFileSystem, folder);
        if (content is null)
        {
            MountTable.Make($"{folder}/up/root", DirectoryMode.Public);
            table.Own($"{folder}/up/root");
            table.Add($"{folder}/up/root", "", "none", "bind");
        }
        else
        {
            // The writable directory is what shows, so it takes over the mode and the owner of what is below it.
            var top = "";
            foreach (var layered in baseFileSystem.LayOutImage(content).Directories)
            {
                var lower = table.AddOverlay(layered);
                top = layered.Path.Length == 0 ? lower : top;
            }

            File.CreateSymbolicLink($"{folder}/like", top);
        }

        await table.WriteAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<string> RunAsync(string[] arguments, string path, CancellationToken cancellationToken)
    {
        string[] entrance =
        [
            HostTools.Nsenter, "-t", holder.ProcessId.ToString(CultureInfo.InvariantCulture), "-m",
            .. holder.Tier == IsolationTier.User ? (string[])["-U", "--preserve-credentials"] : [], "--",
        ];
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        using var command = HostCommand.Start([.. entrance, .. arguments], mountNamespace);
        try
        {
            if (await command.ReadReportAsync(Report, limit.Token).ConfigureAwait(false) is { } identity)
            {
                return identity;
            }

            await command.Process.Exit.WaitAsync(limit.Token).ConfigureAwait(false);
        }
        catch
        {
            command.Process.KillGroup();
            throw;
        }

        throw Translate(command.Said, path);
    }

    private static MountException Translate(string said, string path)
    {
        var failure = said.Split('\n').LastOrDefault(static line => line.StartsWith("FAIL ", StringComparison.Ordinal))?.Split(' ', 4) ?? [];
        return failure is [_, var step, _, ..]
            ? step switch
            {
                "root" => new MountException(MountFailure.Path, $"'{path}' is the root of the sandbox, on which nothing can be mounted."),
                "open" => new MountException(MountFailure.Path, $"'{path}' is no directory of the sandbox: {failure.ElementAtOrDefault(3)}."),
                "other" => NotMounted(path),
                _ => new MountException(MountFailure.Unavailable, $"The kernel refused the mount at '{path}' ({step}): {failure.ElementAtOrDefault(3)}."),
            }
            : new MountException(MountFailure.Unavailable, $"The image could not be mounted at '{path}': {said}");
    }

    private Mount Pop(string path, Stack<Mount> stack)
    {
        var mount = stack.Pop();
        if (stack.Count == 0)
        {
            _mounts.Remove(path);
        }

        return mount;
    }

    private static async Task RemoveAsync(Mount mount)
    {
        await SandboxFiles.RemoveAsync(mount.Folder, CancellationToken.None).ConfigureAwait(false);
        foreach (var layer in mount.Layers)
        {
            layer.Release();
        }
    }

    private void ThrowIfEnded()
    {
        if (_ended)
        {
            throw new MountException(MountFailure.SandboxGone, "The sandbox has ended.");
        }
    }

    private sealed class Mount(string folder, IReadOnlyList<SandboxLayer> layers)
    {
        public string Folder => folder;

        public IReadOnlyList<SandboxLayer> Layers => layers;

        /// <summary>Device and file number of its root: nothing else has them while it is mounted.</summary>
        public string Identity { get; set; } = "";
    }
}
