using Google.Protobuf;

namespace ModalAI.Sandboxes;

/// <summary>What Modal takes for snapshots and mounts.</summary>
internal static class SnapshotRules
{
    private const int MinKeyLength = 16;
    private const int MaxKeyLength = 512;
    private const long NoExpiry = -1;

    /// <summary>The time to live in whole seconds; -1 for no end.</summary>
    /// <exception cref="ArgumentException">It is no whole number of seconds.</exception>
    public static long GetSeconds(ModalSnapshotOptions options)
    {
        if (options.TimeToLive is not { } time || time == Timeout.InfiniteTimeSpan)
        {
            return NoExpiry;
        }

        return time >= TimeSpan.FromSeconds(1) && time.Ticks % TimeSpan.TicksPerSecond == 0
            ? time.Ticks / TimeSpan.TicksPerSecond
            : throw new ArgumentException(
                $"{nameof(options.TimeToLive)} is {time}: it must be whole seconds, at least one, or null for ever.", nameof(options));
    }

    /// <exception cref="ArgumentException">No time to wait.</exception>
    public static TimeSpan CheckTimeout(TimeSpan timeout, string parameter) =>
        timeout > TimeSpan.Zero || timeout == Timeout.InfiniteTimeSpan
            ? timeout
            : throw new ArgumentException($"The time limit is {timeout}: it must be longer than zero, or Timeout.InfiniteTimeSpan.", parameter);

    /// <exception cref="ArgumentException">It has too few or too many bytes.</exception>
    public static ByteString? GetKey(ReadOnlyMemory<byte>? key, string parameter) => key switch
    {
        null => null,
        { Length: >= MinKeyLength and <= MaxKeyLength } bytes => ByteString.CopyFrom(bytes.Span),
        { } bytes => throw new ArgumentException($"The encryption key has {bytes.Length} bytes: it must have {MinKeyLength} to {MaxKeyLength}.", parameter),
    };

    /// <exception cref="ArgumentException">It is not absolute.</exception>
    public static ByteString GetPath(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return path[0] == '/' && !path.Contains('\0')
            ? ByteString.CopyFromUtf8(path)
            : throw new ArgumentException($"'{path}' is not an absolute path such as /data.", nameof(path));
    }
}
