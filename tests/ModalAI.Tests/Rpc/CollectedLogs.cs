using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace ModalAI.Tests.Rpc;

/// <summary>Keeps what is logged.</summary>
internal sealed class CollectedLogs : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<(string? Event, string Text)> _entries = new();

    public IEnumerable<string> OfEvent(string name) => _entries.Where(entry => entry.Event == name).Select(entry => entry.Text);

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
        // Everything is kept here.
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _entries.Enqueue((eventId.Name, formatter(state, exception)));

    public void Dispose()
    {
        // Nothing is held.
    }
}
