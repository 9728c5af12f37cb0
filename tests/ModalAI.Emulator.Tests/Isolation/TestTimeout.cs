namespace ModalAI.Emulator.Tests.Isolation;

/// <summary>The bound of every wait in a test.</summary>
internal static class TestTimeout
{
    public static TimeSpan Duration { get; } = TimeSpan.FromSeconds(60);

    public static CancellationToken Token => new CancellationTokenSource(Duration).Token;
}
