namespace ModalAI.TestSupport;

/// <summary>The bound of every asynchronous test: long enough for a loaded computer, short enough to see what hangs.</summary>
public static class TestTimeout
{
    /// <summary>A token that is cancelled after a minute.</summary>
    public static CancellationToken Token => new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;
}
