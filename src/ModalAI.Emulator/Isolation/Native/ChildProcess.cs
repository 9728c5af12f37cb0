using System.Collections.Concurrent;
using System.ComponentModel;
using System.Runtime.InteropServices;

namespace ModalAI.Emulator.Isolation.Native;

/// <summary>
/// A child in a session of its own. <see cref="System.Diagnostics.Process"/> cannot give a child a session, one pipe for two streams, a
/// PID namespace or a directory by descriptor, and lets it inherit descriptors that others forgot to close.
/// </summary>
internal sealed class ChildProcess
{
    private static readonly ConcurrentDictionary<ChildProcess, byte> Running = new();
    private static readonly PosixSignalRegistration ChildSignal = OperatingSystem.IsWindows()
        ? throw new PlatformNotSupportedException()
        : PosixSignalRegistration.Create(PosixSignal.SIGCHLD, static _ => ReapAll());

    private readonly TaskCompletionSource<int> _exit = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _reaping = new();
    private readonly bool _continueWhenStopped;
    private bool _reaped;

    private ChildProcess(int id, bool continueWhenStopped)
    {
        Id = id;
        _continueWhenStopped = continueWhenStopped;
    }

    public int Id { get; }

    /// <summary>The exit code, or 128 and the number of the signal that ended it.</summary>
    public Task<int> Exit => _exit.Task;

    /// <exception cref="Win32Exception">The kernel refused; <see cref="Win32Exception.NativeErrorCode"/> has its answer.</exception>
    public static ChildProcess Start(SpawnRequest request)
    {
        GC.KeepAlive(ChildSignal);
        var child = new ChildProcess(SpawnThread.Spawn(request), request.ContinueWhenStopped);
        Running.TryAdd(child, 0);

        // Its signal may have come before it was in the list.
        child.TryReap();
        return child;
    }

    /// <summary>Ends the child and all that share its process group; nothing once the child has ended, since its number may have passed on.</summary>
    public void KillGroup() => WhileAlive(() => _ = Libc.SendSignal(-Id, Libc.Kill));

    /// <summary>Does something at a time when the child's number is its own; nothing once it has ended.</summary>
    public void WhileAlive(Action action)
    {
        lock (_reaping)
        {
            if (!_reaped)
            {
                action();
            }
        }
    }

    private static void ReapAll()
    {
        foreach (var (child, _) in Running)
        {
            child.TryReap();
        }
    }

    private void TryReap()
    {
        int status;
        lock (_reaping)
        {
            if (_reaped)
            {
                return;
            }

            var answer = Libc.WaitForChild(Id, out status, _continueWhenStopped ? Libc.WaitNoHang | Libc.WaitStopped : Libc.WaitNoHang);
            if (answer == 0)
            {
                return;
            }

            const int Stopped = 0x7f;
            if (answer > 0 && (status & 0xff) == Stopped)
            {
                _ = Libc.SendSignal(Id, Libc.Continue);
                return;
            }

            _reaped = true;
            if (answer < 0)
            {
                // Somebody else in this process has collected the child, and its status with it.
                status = Libc.Kill;
            }
        }

        Running.TryRemove(this, out _);
        var signal = status & 0x7f;
        _exit.TrySetResult(signal == 0 ? (status >> 8) & 0xff : 128 + signal);
    }
}
