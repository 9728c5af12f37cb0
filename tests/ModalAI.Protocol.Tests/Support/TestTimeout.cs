namespace ModalAI.Protocol.Tests.Support;

/// <summary>Bounds every test: a test that hangs is canceled instead.</summary>
internal static class TestTimeout
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static CancellationToken Token => new CancellationTokenSource(Limit).Token;
}
