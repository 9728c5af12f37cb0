using System.Globalization;

namespace ModalAI.Emulator.Server;

/// <summary>The <c>grpc-timeout</c> header: at most eight digits and a unit.</summary>
internal static class RpcTimeout
{
    /// <summary>Longer than any call lives, and as long as a timer can be.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(24);

    /// <summary>The time that the client grants, or null for no limit.</summary>
    public static TimeSpan? Parse(string? header)
    {
        if (header is null)
        {
            return null;
        }

        if (header.Length is < 2 or > 9
            || !long.TryParse(header.AsSpan(0, header.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            || TicksPerUnit(header[^1]) is not { } ticks)
        {
            throw new RpcFailedException(
                RpcStatusCode.Internal, $"The header grpc-timeout is '{header}'; it takes one to eight digits and one of the units H, M, S, m, u, n.");
        }

        var total = value * ticks;
        return total >= Longest.Ticks ? null : TimeSpan.FromTicks((long)total);
    }

    private static double? TicksPerUnit(char unit) => unit switch
    {
        'H' => TimeSpan.TicksPerHour,
        'M' => TimeSpan.TicksPerMinute,
        'S' => TimeSpan.TicksPerSecond,
        'm' => TimeSpan.TicksPerMillisecond,
        'u' => TimeSpan.TicksPerMicrosecond,
        'n' => TimeSpan.TicksPerMicrosecond / 1000.0,
        _ => null,
    };
}
