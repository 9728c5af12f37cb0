namespace ModalAI.TestSupport;

/// <summary>The bound of every asynchronous test: long enough for a loaded computer, short enough to see what hangs.</summary>
public static class TestTimeout
{
    /// <summary>A minute.</summary>
    public static TimeSpan Duration { get; } = TimeSpan.FromSeconds(60);

    /// <summary>A token that is cancelled after that.</summary>
    public static CancellationToken Token => new CancellationTokenSource(Duration).Token;
}
