namespace ModalAI;

/// <summary>Tasks that nobody may be waiting for when they end.</summary>
internal static class TaskExtensions
{
    /// <summary>Takes note of a failure, so that one which nobody awaits is not reported as unobserved. Those who do await the task still get it.</summary>
    public static void Observe(this Task task) =>
        _ = task.ContinueWith(static failed => _ = failed.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
}
