using ModalAI.Emulator.Isolation;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;

namespace ModalAI.Emulator.Sandboxes;

/// <summary>What of a sandbox outlives it.</summary>
internal sealed partial class EmulatedSandbox
{
    private readonly TaskCompletionSource<(string? ImageId, string Failure)> _exitSnapshot = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends with the id of the image of the files that the sandbox left, or why there is none. Never ends where none was asked for.</summary>
    public Task<(string? ImageId, string Failure)> ExitSnapshot => _exitSnapshot.Task;

    /// <summary>Does something with a container's files as they are now.</summary>
    /// <param name="container">The container.</param>
    /// <param name="use">Its parameter's layers are held until it returns.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<TResult> SnapshotAsync<TResult>(SandboxContainer container, Func<ImageContent, TResult> use, CancellationToken cancellationToken)
    {
        var spec = container.Isolated.Spec;
        var held = spec.Layers.TakeWhile(static layer => layer.TryHold()).ToList();
        try
        {
            if (held.Count < spec.Layers.Count)
            {
                throw RpcFailedException.NotFound($"Sandbox {Id} has ended; its files are gone.");
            }

            held.Add(await CopyAsync(() => container.Isolated.CopyLayerAsync(cancellationToken)).ConfigureAwait(false));
            return use(new ImageContent(spec.RootFileSystem, [.. held]) { Settings = container.Plan.Settings });
        }
        finally
        {
            held.ForEach(static layer => layer.Release());
        }
    }

    /// <summary>The same with what is in a directory of the container.</summary>
    public async Task<TResult> SnapshotDirectoryAsync<TResult>(
        SandboxContainer container, string path, Func<ImageContent, TResult> use, CancellationToken cancellationToken)
    {
        using var directory = container.OpenDirectory(path);
        var layer = await CopyAsync(() => container.Isolated.CopyDirectoryAsync(directory, cancellationToken)).ConfigureAwait(false);
        try
        {
            return use(new ImageContent(layer.RootFileSystem, [layer]));
        }
        finally
        {
            layer.Release();
        }
    }

    private async Task<SandboxLayer> CopyAsync(Func<Task<SandboxLayer>> copy)
    {
        try
        {
            return await copy().ConfigureAwait(false);
        }
        catch (InvalidOperationException)
        {
            throw RpcFailedException.NotFound($"Sandbox {Id} has ended; its files are gone.");
        }
        catch (IOException exception)
        {
            throw new RpcFailedException(RpcStatusCode.Internal, exception.Message);
        }
    }

    /// <summary>Ends the main container, and keeps its files where that was asked for.</summary>
    private async Task EndIsolationAsync(SandboxContainer container)
    {
        if (container != Main || !Plan.KeepsExitSnapshot)
        {
            await container.Isolated.DisposeAsync().ConfigureAwait(false);
            return;
        }

        var spec = container.Isolated.Spec;
        var held = spec.Layers.TakeWhile(static layer => layer.TryHold()).ToList();
        try
        {
            held.Add(await container.Isolated.EndIntoLayerAsync().ConfigureAwait(false));
            _exitSnapshot.SetResult((_services.Snapshots.Add(new ImageContent(spec.RootFileSystem, [.. held]) { Settings = Plan.Settings }, SnapshotLife.Default), ""));
        }
        catch (Exception exception) when (exception is IOException or InvalidOperationException)
        {
            await container.Isolated.DisposeAsync().ConfigureAwait(false);
            _exitSnapshot.SetResult((null, exception.Message));
        }
        finally
        {
            held.ForEach(static layer => layer.Release());
        }
    }
}
