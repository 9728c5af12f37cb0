namespace ModalAI.Emulator.Sandboxes;

internal static class TimeProviderExtensions
{
    /// <summary>Seconds since 1970, as Modal's messages carry points in time.</summary>
    public static double UnixSeconds(this TimeProvider time) => (time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds;
}
