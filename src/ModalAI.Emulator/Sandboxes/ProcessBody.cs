using System.IO.Pipelines;
using ModalAI.Emulator.Isolation;

namespace ModalAI.Emulator.Sandboxes;

/// <summary>A process of the sandbox: its output is taken at once and completely, whether or not somebody reads it.</summary>
internal sealed class ProcessBody : IExecBody
{
    private readonly IsolatedProcess _process;

    /// <param name="process">The process, owned from here on.</param>
    /// <param name="input">What to pass on to it.</param>
    /// <param name="output">Where its output goes; null to drop it.</param>
    /// <param name="error">Where its error output goes; null to drop it.</param>
    /// <param name="kill">Kills it.</param>
    public ProcessBody(IsolatedProcess process, PipeReader input, OutputSpool? output, OutputSpool? error, CancellationToken kill)
    {
        _process = process;
        Drained = DrainAsync(input, output, error, kill);
    }

    public Task<int> Exit => _process.Exit;

    public Task Drained { get; }

    private async Task DrainAsync(PipeReader input, OutputSpool? output, OutputSpool? error, CancellationToken kill)
    {
        using var exited = new CancellationTokenSource();
        var killing = kill.Register(_process.Kill);
        await using (killing.ConfigureAwait(false))
        {
            var feeding = FeedAsync(input, exited.Token);
            var printing = Task.WhenAll(TakeAsync(_process.StandardOutput, output), TakeAsync(_process.StandardError, error));
            await Exit.ConfigureAwait(false);

            // Nearly every command ends while its input waits for more: that wait is ended without the cost of an exception.
            input.CancelPendingRead();
            await exited.CancelAsync().ConfigureAwait(false);
            await feeding.ConfigureAwait(false);
            await printing.ConfigureAwait(false);
        }

        await _process.DisposeAsync().ConfigureAwait(false);
    }

    private async Task FeedAsync(PipeReader input, CancellationToken exited)
    {
        try
        {
            while (await input.ReadAsync(CancellationToken.None).ConfigureAwait(false) is { IsCanceled: false } read)
            {
                foreach (var segment in read.Buffer)
                {
                    await _process.StandardInput.WriteAsync(segment, exited).ConfigureAwait(false);
                }

                input.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                {
                    break;
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The process reads no more. Later bytes are dropped, as a closed pipe drops them.
        }

        await input.CompleteAsync().ConfigureAwait(false);
        await _process.StandardInput.DisposeAsync().ConfigureAwait(false);
    }

    private async Task TakeAsync(Stream stream, OutputSpool? spool)
    {
        using var buffer = new GrowingBuffer();
        try
        {
            while (await stream.ReadAsync(buffer.Memory, CancellationToken.None).ConfigureAwait(false) is var count and > 0)
            {
                if (spool?.TryAppend(buffer.Memory.Span[..count]) is false)
                {
                    _process.Kill();
                }

                if (buffer.Grow(count))
                {
                    PipeBuffer.Widen(stream);
                }
            }
        }
        finally
        {
            spool?.Complete();
        }
    }
}
