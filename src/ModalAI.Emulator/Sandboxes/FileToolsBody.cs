using System.IO.Pipelines;
using System.Text;
using ModalAI.Emulator.FileSystem;
using ModalAI.Emulator.Isolation;

namespace ModalAI.Emulator.Sandboxes;

/// <summary>
/// Modal's file tools, run inside the emulator instead of as a program in the sandbox. An operation that takes long gets a process in the sandbox that
/// stands for it, with its environment: whoever finds and kills that one, as can be done with Modal's own program, ends the operation.
/// </summary>
internal sealed class FileToolsBody : IExecBody
{
    private const int FailedExit = 1;
    private static readonly TimeSpan Long = TimeSpan.FromMilliseconds(100);

    private readonly FileSystemTools _tools;
    private readonly Func<IsolatedProcess> _startStandIn;

    public FileToolsBody(
        FileSystemTools tools,
        string argument,
        Func<IsolatedProcess> startStandIn,
        PipeReader input,
        OutputSpool? output,
        OutputSpool? error,
        CancellationToken kill)
    {
        _tools = tools;
        _startStandIn = startStandIn;
        Exit = RunAsync(argument, input, output, error, kill);
    }

    public Task<int> Exit { get; }

    public Task Drained => Exit;

    private async Task<int> RunAsync(string argument, PipeReader input, OutputSpool? output, OutputSpool? error, CancellationToken kill)
    {
        var errors = new SpoolStream(error);
        using var killed = CancellationTokenSource.CreateLinkedTokenSource(kill);
        try
        {
            var inputStream = input.AsStream();
            await using (inputStream.ConfigureAwait(false))
            {
                var running = _tools.RunAsync(argument, inputStream, new SpoolStream(output), errors, killed.Token);
                await StandInAsync(running, killed).ConfigureAwait(false);
                return await running.ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (killed.IsCancellationRequested)
        {
            return ExecExit.Killed.Code;
        }
        catch (Exception e)
        {
            errors.Write(Encoding.UTF8.GetBytes($"The file tools failed: {e.GetType().Name}: {e.Message}\n"));
            return FailedExit;
        }
        finally
        {
            output?.Complete();
            error?.Complete();
        }
    }

    private async Task StandInAsync(Task running, CancellationTokenSource killed)
    {
        try
        {
            await running.WaitAsync(Long, killed.Token).ConfigureAwait(false);
            return;
        }
        catch (TimeoutException)
        {
        }
        catch (Exception)
        {
            // It has failed, or was killed: what awaits the operation itself says so.
            return;
        }

        IsolatedProcess process;
        try
        {
            process = _startStandIn();
        }
        catch (ProcessStartException)
        {
            // The sandbox is ending, and its end kills the operation anyway.
            return;
        }

        await using (process.ConfigureAwait(false))
        {
            if (await Task.WhenAny(running, process.Exit).ConfigureAwait(false) == process.Exit
                && await process.Exit.ConfigureAwait(false) == ExecExit.Killed.Code)
            {
                await killed.CancelAsync().ConfigureAwait(false);
            }

            process.Kill();
        }
    }
}
