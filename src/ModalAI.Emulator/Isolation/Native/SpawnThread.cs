using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace ModalAI.Emulator.Isolation.Native;

/// <summary>
/// The thread that bears all children. A child inherits the session keyring of the thread that bears it, and with it tickets and keys of
/// whoever has started the emulator; this thread has an empty one, which no child can fill for another.
/// </summary>
internal static class SpawnThread
{
    private static readonly BlockingCollection<Job> Jobs = [];

    static SpawnThread() => new Thread(Run) { IsBackground = true, Name = "ModalAI spawner" }.Start();

    /// <summary>Waits for the child to run its program, which takes a fraction of a millisecond.</summary>
    public static int Spawn(SpawnRequest request)
    {
        using var job = new Job(request);
        Jobs.Add(job);
        return job.Wait();
    }

    private static void Run()
    {
        var refusal = LeaveSessionKeyring();
        foreach (var job in Jobs.GetConsumingEnumerable())
        {
            job.Run(refusal);
        }
    }

    private static Exception? LeaveSessionKeyring()
    {
        try
        {
            return Libc.LeaveSessionKeyring() ? null : Descriptor.LastError("Leaving the session keyring");
        }
        catch (PlatformNotSupportedException exception)
        {
            return exception;
        }
    }

    private sealed class Job(SpawnRequest request) : IDisposable
    {
        private readonly ManualResetEventSlim _done = new();
        private int _process;
        private Exception? _failure;

        public void Run(Exception? refusal)
        {
            try
            {
                _failure = refusal;
                _process = refusal is null ? Spawner.Spawn(request) : 0;
            }
            catch (Exception exception)
            {
                _failure = exception;
            }

            _done.Set();
        }

        public int Wait()
        {
            _done.Wait();
            if (_failure is not null)
            {
                ExceptionDispatchInfo.Throw(_failure);
            }

            return _process;
        }

        public void Dispose() => _done.Dispose();
    }
}
