namespace ModalAI;

/// <summary>A build in its course, followed by all that wait for it. It is given up, here and not on Modal, when nobody waits any more.</summary>
internal sealed class ImageBuild
{
    private readonly Lock _gate = new();
    private readonly ImageBuildLog _log = new();
    private readonly Action _abandon;
    private readonly Task<string> _task;
    private int _waiting;
    private bool _closed;

    public ImageBuild(Func<ImageBuildLog, CancellationToken, Task<string>> build)
    {
        var abandoned = new CancellationTokenSource();
        _abandon = abandoned.Cancel;
        _task = Task.Run(() => build(_log, abandoned.Token), CancellationToken.None);

        // Those that waited may have left before it failed.
        _task.Observe();
    }

    /// <summary>Counts one more that waits; it is to call <see cref="WaitAsync"/> then. Not when all others have left.</summary>
    public bool TryJoin()
    {
        lock (_gate)
        {
            if (!_closed)
            {
                _waiting++;
            }

            return !_closed;
        }
    }

    /// <summary>The image's id, once all that was printed has been reported.</summary>
    public async Task<string> WaitAsync(IProgress<ModalImageBuildLogLine>? log, CancellationToken cancellationToken)
    {
        try
        {
            if (log is not null)
            {
                await ReportAsync(log, cancellationToken).ConfigureAwait(false);
            }

            return await _task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Leave();
        }
    }

    private async Task ReportAsync(IProgress<ModalImageBuildLogLine> log, CancellationToken cancellationToken)
    {
        var reader = _log.Open();
        try
        {
            await foreach (var line in reader.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                log.Report(line);
            }
        }
        finally
        {
            _log.Close(reader);
        }
    }

    private void Leave()
    {
        lock (_gate)
        {
            if (--_waiting > 0)
            {
                return;
            }

            _closed = true;
        }

        _abandon();
    }
}
