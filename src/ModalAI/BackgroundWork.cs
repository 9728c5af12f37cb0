using System.Collections.Concurrent;

namespace ModalAI;

/// <summary>Work that goes on after its caller has left, such as ending a sandbox that nobody wants any more. The client waits for it when it is disposed of.</summary>
internal sealed class BackgroundWork(TimeProvider timeProvider)
{
    private readonly ConcurrentDictionary<Task, bool> _tasks = new();

    /// <param name="task">The work. It handles its own failures.</param>
    public void Add(Task task)
    {
        _tasks.TryAdd(task, true);
        _ = task.ContinueWith(
            static (done, tasks) => ((ConcurrentDictionary<Task, bool>)tasks!).TryRemove(done, out _),
            _tasks,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    /// <summary>Waits until nothing is left to do, for at most that long.</summary>
    public async Task WhenDoneAsync(TimeSpan timeout)
    {
        await Task.WhenAll(_tasks.Keys).WaitAsync(timeout, timeProvider).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
