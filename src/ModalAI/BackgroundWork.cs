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

    /// <summary>
    /// Waits for something to come into being that is not cancelled half-way, because whether it exists must be known. Who stops waiting has it undone in the background
    /// when it comes into being all the same.
    /// </summary>
    /// <param name="creation">What comes into being.</param>
    /// <param name="undo">Undoes it. It handles its own failures.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<T> WaitOrUndoAsync<T>(Task<T> creation, Func<T, Task> undo, CancellationToken cancellationToken)
    {
        try
        {
            return await creation.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Add(UndoAsync(creation, undo));
            throw;
        }
    }

    /// <summary>Waits until nothing is left to do, for at most that long.</summary>
    public async Task WhenDoneAsync(TimeSpan timeout)
    {
        using var limit = new CancellationTokenSource(timeout, timeProvider);

        // What is under way may add more.
        while (!_tasks.IsEmpty && !limit.IsCancellationRequested)
        {
            await Task.WhenAll(_tasks.Keys).WaitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task UndoAsync<T>(Task<T> creation, Func<T, Task> undo)
    {
        await ((Task)creation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        // Where it failed nothing came into being, which is what the caller wanted.
        if (creation.IsCompletedSuccessfully)
        {
            await undo(await creation.ConfigureAwait(false)).ConfigureAwait(false);
        }
    }
}
