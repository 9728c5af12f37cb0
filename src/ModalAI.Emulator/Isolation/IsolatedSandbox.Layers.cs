using Microsoft.Win32.SafeHandles;

namespace ModalAI.Emulator.Isolation;

/// <summary>Keeping what a sandbox wrote.</summary>
internal sealed partial class IsolatedSandbox
{
    /// <summary>Held while a copy is made, which the end of the sandbox waits for.</summary>
    private readonly SemaphoreSlim _copying = new(1, 1);

    private readonly Lock _keepGate = new();
    private TaskCompletionSource<SandboxLayer>? _kept;

    /// <summary>
    /// Copies what the sandbox has written over its root file system and its layers; a sandbox of the same root file system, the same layers and the copy
    /// on top then starts where this one is. Volumes and what is mounted at /proc, /sys and below /dev are no part of it; /tmp is. The processes go on:
    /// when they write meanwhile, the copy is made anew for a few seconds, and after that holds each file as it was at the file's turn.
    /// </summary>
    /// <returns>The caller holds it.</returns>
    /// <exception cref="InvalidOperationException">The sandbox has ended.</exception>
    /// <exception cref="IOException">It could not be copied.</exception>
    public Task<SandboxLayer> CopyLayerAsync(CancellationToken cancellationToken) =>
        WhileItLivesAsync(() => _layers.CopyAsync(_directory.Writable, Spec.RootFileSystem, cancellationToken), cancellationToken);

    /// <summary>Copies what is in a directory of the sandbox, as a layer over a root file system with nothing in it.</summary>
    /// <param name="directory">The directory; nothing that is mounted below it is part of the copy.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The caller holds it.</returns>
    /// <exception cref="InvalidOperationException">The sandbox has ended.</exception>
    /// <exception cref="IOException">It could not be copied.</exception>
    public Task<SandboxLayer> CopyDirectoryAsync(SafeFileHandle directory, CancellationToken cancellationToken) =>
        WhileItLivesAsync(() => _layers.CopyDirectoryAsync(directory, cancellationToken), cancellationToken);

    /// <summary>Ends everything in the sandbox as disposing of it does, but keeps what it wrote.</summary>
    /// <returns>The caller holds it.</returns>
    /// <exception cref="InvalidOperationException">The sandbox has ended.</exception>
    /// <exception cref="IOException">Something in it does not end.</exception>
    public async Task<SandboxLayer> EndIntoLayerAsync()
    {
        lock (_keepGate)
        {
            if (_kept is not null || _ended.IsValueCreated)
            {
                throw new InvalidOperationException($"Sandbox {Id} has ended; what it wrote is gone.");
            }

            _kept = new TaskCompletionSource<SandboxLayer>(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        await _ended.Value.ConfigureAwait(false);

        // The end may have passed the last moment to keep it just before this was called.
        _kept.TrySetException(new InvalidOperationException($"Sandbox {Id} has ended; what it wrote is gone."));
        return await _kept.Task.ConfigureAwait(false);
    }

    private async Task<SandboxLayer> WhileItLivesAsync(Func<Task<SandboxLayer>> copy, CancellationToken cancellationToken)
    {
        await _copying.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return _ended.IsValueCreated ? throw new InvalidOperationException($"Sandbox {Id} has ended; what it wrote is gone.") : await copy().ConfigureAwait(false);
        }
        finally
        {
            _copying.Release();
        }
    }

    /// <summary>The last thing before the files go.</summary>
    private async Task KeepAsync()
    {
        await _copying.WaitAsync().ConfigureAwait(false);
        try
        {
            TaskCompletionSource<SandboxLayer>? kept;
            lock (_keepGate)
            {
                kept = _kept;
            }

            if (kept is null)
            {
                return;
            }

            if (!Exited.IsCompleted)
            {
                kept.SetException(new IOException($"Sandbox {Id} still has processes that may write, so what it wrote was not kept."));
                return;
            }

            try
            {
                kept.SetResult(_layers.Take(_directory.Writable, Spec.RootFileSystem));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                kept.SetException(exception);
            }
        }
        finally
        {
            _copying.Release();
        }
    }
}
