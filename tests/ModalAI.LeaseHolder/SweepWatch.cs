using Microsoft.Extensions.Logging;

namespace ModalAI.LeaseHolder;

/// <summary>Learns from the log when a sweep has ended. Warnings and errors go to the program's error output.</summary>
internal sealed class SweepWatch : ILoggerProvider, ILogger
{
    private readonly TaskCompletionSource _swept = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Swept => _swept.Task;

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (eventId.Name == "Swept")
        {
            _swept.TrySetResult();
        }

        if (logLevel >= LogLevel.Warning)
        {
            Console.Error.WriteLine($"{formatter(state, exception)} {exception}");
        }
    }

    public void Dispose()
    {
        // Nothing is held.
    }
}
