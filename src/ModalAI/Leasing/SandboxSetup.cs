namespace ModalAI.Leasing;

/// <summary>What is done to a sandbox between its creation and its first use: initial files, setup commands, the hook.</summary>
internal sealed class SandboxSetup
{
    private const int ParallelUploads = 8;

    private readonly ModalSandboxOptions _options;
    private readonly List<(string Path, ReadOnlyMemory<byte> Content)> _files;
    private readonly bool _isNew;

    private SandboxSetup(ModalSandboxOptions options, List<(string Path, ReadOnlyMemory<byte> Content)> files, bool isNew)
    {
        _options = options;
        _files = files;
        _isNew = isNew;
    }

    /// <summary>Whether there is nothing to do.</summary>
    public bool IsEmpty => _options.OnStart is null && (!_isNew || (_files.Count == 0 && _options.SetupCommands.Count == 0));

    /// <param name="options">What to do.</param>
    /// <param name="isNew">Whether the sandbox starts anew: one that continues from a snapshot has its files.</param>
    /// <param name="cancellationToken">Stops reading content files.</param>
    public static async Task<SandboxSetup> PrepareAsync(ModalSandboxOptions options, bool isNew, CancellationToken cancellationToken)
    {
        var files = new List<(string Path, ReadOnlyMemory<byte> Content)>(isNew ? options.InitialFiles.Count : 0);
        foreach (var (path, content) in options.InitialFiles.Where(_ => isNew))
        {
            files.Add((path, await content.ReadAsync(cancellationToken).ConfigureAwait(false)));
        }

        return new SandboxSetup(options, files, isNew);
    }

    /// <exception cref="ModalException">A file could not be written, a command failed, or it took too long.</exception>
    public async Task RunAsync(ModalSandbox sandbox, TimeProvider time, CancellationToken cancellationToken)
    {
        if (IsEmpty)
        {
            return;
        }

        await TimeLimit.RunAsync(
            async token =>
            {
                await RunAsync(sandbox, token).ConfigureAwait(false);
                return true;
            },
            _options.SetupTimeout,
            time,
            $"The setup of sandbox {sandbox.Id} (initial files, {nameof(_options.SetupCommands)} and {nameof(_options.OnStart)}; limited by {nameof(_options.SetupTimeout)} of {nameof(ModalSandboxOptions)}) did not end",
            cancellationToken).ConfigureAwait(false);
    }

    private async Task RunAsync(ModalSandbox sandbox, CancellationToken cancellationToken)
    {
        if (_isNew)
        {
            await Parallel.ForEachAsync(
                _files,
                new ParallelOptions { MaxDegreeOfParallelism = ParallelUploads, CancellationToken = cancellationToken },
                async (file, token) => await sandbox.Files.WriteAllBytesAsync(file.Path, file.Content, token).ConfigureAwait(false)).ConfigureAwait(false);
            foreach (var command in _options.SetupCommands)
            {
                var result = await sandbox.ExecuteAsync(ModalCommand.Shell(command) with { Timeout = _options.SetupTimeout }, cancellationToken).ConfigureAwait(false);
                result.EnsureSuccess();
            }
        }

        if (_options.OnStart is { } hook)
        {
            // One that does not heed its token, or never gives its thread back, is left behind.
            await Task.Run(() => hook(sandbox, cancellationToken), cancellationToken).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
