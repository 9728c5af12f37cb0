using System.Globalization;

namespace ModalAI.Configuration;

/// <summary>How Modal's tools write flags and durations in environment variables.</summary>
internal static class SettingText
{
    internal const string FlagRule = "1, 0, true or false";
    internal const string SecondsRule = "a number of seconds from 0 to 86400";
    internal const string IdleSecondsRule = "a number of seconds from 0, which is for ever, to 2073600 (24 days)";

    private const int MaxSeconds = 86400;
    private const int MaxIdleSeconds = 2073600;

    internal static bool? ParseFlag(string? text) => text?.ToUpperInvariant() switch
    {
        "1" or "TRUE" => true,
        "0" or "FALSE" => false,
        _ => null,
    };

    internal static TimeSpan? ParseSeconds(string? text) => ParseSeconds(text, MaxSeconds);

    internal static TimeSpan? ParseIdleSeconds(string? text) => ParseSeconds(text, MaxIdleSeconds);

    private static TimeSpan? ParseSeconds(string? text, int most) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && seconds >= 0 && seconds <= most
            ? TimeSpan.FromSeconds(seconds)
            : null;
}
