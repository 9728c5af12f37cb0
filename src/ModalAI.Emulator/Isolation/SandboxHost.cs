using System.Collections.Concurrent;
using System.ComponentModel;
using Microsoft.Extensions.Logging;
using ModalAI.Emulator.Isolation.Native;

namespace ModalAI.Emulator.Isolation;

/// <summary>Makes sandboxes: Linux processes with their own file system, processes, host name and, when asked for, network.</summary>
internal sealed partial class SandboxHost : IAsyncDisposable
{
    /// <summary>The names of the layers of an overlay have to fit into a page, and the kernel takes no more than 500.</summary>
    public const int MaxLayers = 400;

    private static readonly TimeSpan CreateLimit = TimeSpan.FromSeconds(60);

    private readonly string _directory;
    private readonly NamespaceHolder _holder;
    private readonly SandboxBuilder _builder;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<string, Lazy<Task<IsolatedSandbox>>> _sandboxes = new();
    private readonly Lazy<Task> _ended;

    private SandboxHost(string directory, NamespaceHolder holder, SandboxBuilder builder)
    {
        _directory = directory;
        _holder = holder;
        _builder = builder;
        _ended = new Lazy<Task>(EndAsync);
    }

    /// <summary>How the sandboxes of this host are kept apart from the computer.</summary>
    public IsolationTier Tier => _holder.Tier;

    /// <summary>Finds out what the kernel allows, and makes what all sandboxes share.</summary>
    /// <exception cref="IsolationUnavailableException">The kernel allows nothing that isolates.</exception>
    /// <exception cref="InvalidOperationException">Another host uses the state directory, or was killed there.</exception>
    public static Task<SandboxHost> StartAsync(string stateDirectory, ILoggerFactory loggerFactory, CancellationToken cancellationToken) =>
        StartAsync(
            stateDirectory,
            Libc.EffectiveUserId() == 0 ? [IsolationTier.IdmappedRoot, IsolationTier.PlainRoot, IsolationTier.User] : [IsolationTier.User],
            loggerFactory,
            cancellationToken);

    /// <summary>Takes the first of these ways that works.</summary>
    internal static async Task<SandboxHost> StartAsync(
        string stateDirectory, IReadOnlyList<IsolationTier> tiers, ILoggerFactory loggerFactory, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new IsolationUnavailableException("Sandboxes on this computer need Linux. On Windows, run the emulator in WSL 2.");
        }

        if (HostTools.FindMissing() is { Count: > 0 } missing)
        {
            throw new IsolationUnavailableException(
                $"Sandboxes need programs that this computer lacks: {string.Join(", ", missing)}. Install util-linux, mount, coreutils, findutils and tar.");
        }

        var directory = Path.Join(Path.GetFullPath(stateDirectory), "isolation");
        if (Path.Exists(directory))
        {
            throw new InvalidOperationException(
                $"{directory} exists: another emulator uses it, or was killed there. Give each emulator a state directory of its own, or remove it.");
        }

        var logger = loggerFactory.CreateLogger<SandboxHost>();
        var attempts = new List<string>();
        foreach (var tier in tiers)
        {
            try
            {
                var host = await StartAsync(directory, tier, logger, cancellationToken).ConfigureAwait(false);
                LogStarted(logger, tier, directory);
                return host;
            }
            catch (Exception exception) when (IsRefusal(exception))
            {
                attempts.Add($"{tier}: {exception.Message}");
                LogRefused(logger, tier, exception.Message);
            }
        }

        throw new IsolationUnavailableException(IsolationAdvice.Describe(attempts));
    }

    /// <summary>Makes a sandbox in which nothing runs yet.</summary>
    /// <exception cref="ArgumentException">The specification cannot be met; the message says why.</exception>
    /// <exception cref="IsolationUnavailableException">The kernel refused.</exception>
    public async Task<IsolatedSandbox> CreateAsync(SandboxSpec spec, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_ended.IsValueCreated, this);
        Check(spec);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        stopping.CancelAfter(CreateLimit);
        HoldLayers(spec);
        var creation = new Lazy<Task<IsolatedSandbox>>(() => _builder.BuildAsync(spec, () => Removed(spec), stopping.Token));
        if (!_sandboxes.TryAdd(spec.Id, creation))
        {
            ReleaseLayers(spec);
            throw new ArgumentException($"There is a live sandbox with the id '{spec.Id}'. Give each sandbox an id of its own.", nameof(spec));
        }

        try
        {
            return await creation.Value.ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            _sandboxes.TryRemove(KeyValuePair.Create(spec.Id, creation));
            ReleaseLayers(spec);
            if (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
                throw new IsolationUnavailableException($"Sandbox {spec.Id} was not ready after {CreateLimit.TotalSeconds} seconds.", exception);
            }

            throw;
        }
    }

    public ValueTask DisposeAsync() => new(_ended.Value);

    private static async Task<SandboxHost> StartAsync(string directory, IsolationTier tier, ILogger logger, CancellationToken cancellationToken)
    {
        var holder = await NamespaceHolder.StartAsync(tier, cancellationToken).ConfigureAwait(false);
        SandboxHost? host = null;
        try
        {
            var baseFileSystem = await BaseFileSystem.CreateAsync(holder, directory, cancellationToken).ConfigureAwait(false);
            host = new SandboxHost(directory, holder, new SandboxBuilder(holder, baseFileSystem, logger));
            await host.ProbeAsync(cancellationToken).ConfigureAwait(false);
            return host;
        }
        catch
        {
            if (host is not null)
            {
                await host.DisposeAsync().ConfigureAwait(false);
            }
            else
            {
                await holder.DisposeAsync().ConfigureAwait(false);
                await SandboxFiles.RemoveAsync(directory, CancellationToken.None).ConfigureAwait(false);
            }

            throw;
        }
    }

    private static bool IsRefusal(Exception exception) =>
        exception is IsolationUnavailableException or ProcessStartException or Win32Exception or IOException or UnauthorizedAccessException
            or PlatformNotSupportedException;

    /// <summary>Only a command that has run in a sandbox shows that sandboxes can be had.</summary>
    private async Task ProbeAsync(CancellationToken cancellationToken)
    {
        var sandbox = await CreateAsync(new SandboxSpec { Id = "probe" }, cancellationToken).ConfigureAwait(false);
        await using (sandbox.ConfigureAwait(false))
        {
            var process = sandbox.Start(new ProcessSpec { Arguments = ["true"], MergeErrorIntoOutput = true });
            await using (process.ConfigureAwait(false))
            {
                using var output = new StreamReader(process.StandardOutput);
                var text = await output.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
                var exitCode = await process.Exit.WaitAsync(cancellationToken).ConfigureAwait(false);
                if (exitCode != 0)
                {
                    throw new IsolationUnavailableException($"The first command in a sandbox ended with exit code {exitCode}: {text.Trim()}");
                }
            }
        }
    }

    private async Task EndAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _builder.StopCopyingAsync().ConfigureAwait(false);
        await Task.WhenAll(_sandboxes.Values.Select(static async creation =>
        {
            var sandbox = creation.Value;
            await ((Task)sandbox).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (sandbox.IsCompletedSuccessfully)
            {
                await (await sandbox.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
            }
        })).ConfigureAwait(false);
        await _holder.DisposeAsync().ConfigureAwait(false);
        await _builder.WhenLayersRemovedAsync().ConfigureAwait(false);
        _builder.Dispose();
        await SandboxFiles.RemoveAsync(_directory, CancellationToken.None).ConfigureAwait(false);
        _stopping.Dispose();
    }

    private void Removed(SandboxSpec spec)
    {
        _sandboxes.TryRemove(spec.Id, out _);
        ReleaseLayers(spec);
    }

    private static void HoldLayers(SandboxSpec spec)
    {
        for (var index = 0; index < spec.Layers.Count; index++)
        {
            if (!spec.Layers[index].TryHold())
            {
                ReleaseLayers(spec with { Layers = [.. spec.Layers.Take(index)] });
                throw new ArgumentException($"Layer {index} of sandbox {spec.Id} was released, so its files are gone.", nameof(spec));
            }
        }
    }

    private static void ReleaseLayers(SandboxSpec spec)
    {
        foreach (var layer in spec.Layers)
        {
            layer.Release();
        }
    }

    private static void Check(SandboxSpec spec)
    {
        if (spec.Id.Length is 0 or > 100 || !spec.Id.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
        {
            throw new ArgumentException($"The id '{spec.Id}' of a sandbox is not 1 to 100 letters, digits, '-' and '_'.", nameof(spec));
        }

        if (spec.Layers.Count > MaxLayers)
        {
            throw new ArgumentException($"The sandbox stands on {spec.Layers.Count} layers; the kernel takes {MaxLayers}. Make an image with fewer steps.", nameof(spec));
        }

        if (spec.Layers.Any(layer => layer.RootFileSystem != spec.RootFileSystem))
        {
            throw new ArgumentException("A layer can only stand on the root file system that it was written over.", nameof(spec));
        }

        foreach (var directory in spec.Volumes.Select(static volume => volume.HostDirectory).Append(spec.RootFileSystem).OfType<string>())
        {
            if (!Path.IsPathFullyQualified(directory) || !Directory.Exists(directory))
            {
                throw new ArgumentException($"'{directory}' is not the absolute path of an existing directory of this computer.", nameof(spec));
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "Sandboxes are isolated as {Tier}, with their files in {Directory}.")]
    private static partial void LogStarted(ILogger logger, IsolationTier tier, string directory);

    [LoggerMessage(LogLevel.Debug, "Sandboxes cannot be isolated as {Tier}: {Reason}")]
    private static partial void LogRefused(ILogger logger, IsolationTier tier, string reason);
}
