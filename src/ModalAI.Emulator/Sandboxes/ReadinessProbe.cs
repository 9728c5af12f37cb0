using System.Net.Sockets;
using ModalAI.Protocol;

namespace ModalAI.Emulator.Sandboxes;

/// <summary>Tries again and again whether a sandbox is ready, until it is or has ended.</summary>
internal static class ReadinessProbe
{
    public const uint DefaultInterval = 100;
    private static readonly TimeSpan AttemptLimit = TimeSpan.FromSeconds(30);

    /// <summary>When the sandbox was ready, in Unix seconds; cancelled when it ended before.</summary>
    /// <param name="probe">What to try.</param>
    /// <param name="connectAsync">Connects to a port of the sandbox.</param>
    /// <param name="runAsync">Runs a command in the sandbox and gives its exit code.</param>
    /// <param name="time">Measures the pauses.</param>
    /// <param name="ended">Cancelled at the sandbox's end.</param>
    public static async Task<double> RunAsync(
        Probe probe,
        Func<int, CancellationToken, Task<Socket>> connectAsync,
        Func<IReadOnlyList<string>, CancellationToken, Task<int>> runAsync,
        TimeProvider time,
        CancellationToken ended)
    {
        var interval = TimeSpan.FromMilliseconds(probe is { HasIntervalMs: true, IntervalMs: > 0 } ? probe.IntervalMs : DefaultInterval);
        while (true)
        {
            using (var limit = CancellationTokenSource.CreateLinkedTokenSource(ended))
            {
                limit.CancelAfter(AttemptLimit);
                try
                {
                    if (await SucceedsAsync(limit.Token).ConfigureAwait(false))
                    {
                        return time.UnixSeconds();
                    }
                }
                catch (Exception) when (ended.IsCancellationRequested)
                {
                    // Whatever broke, it broke since the sandbox ends.
                    throw new OperationCanceledException(ended);
                }
                catch (Exception e) when (e is OperationCanceledException or SocketException or IOException)
                {
                    // Nothing listens yet, or the command takes too long.
                }
            }

            await Task.Delay(interval, time, ended).ConfigureAwait(false);
        }

        async Task<bool> SucceedsAsync(CancellationToken cancellationToken)
        {
            if (probe.ProbeOneofCase == Probe.ProbeOneofOneofCase.ExecCommand)
            {
                return await runAsync(probe.ExecCommand.Argv, cancellationToken).ConfigureAwait(false) == 0;
            }

            using var connection = await connectAsync((int)probe.TcpPort, cancellationToken).ConfigureAwait(false);
            return true;
        }
    }
}
