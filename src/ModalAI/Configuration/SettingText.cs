using System.Globalization;

namespace ModalAI.Configuration;

/// <summary>How Modal's tools write flags and durations in environment variables.</summary>
internal static class SettingText
{
    internal const string FlagRule = "1, 0, true or false";
    internal const string SecondsRule = "a number of seconds from 0 to 86400";

    private const double MaxSeconds = 86400;

    internal static bool? ParseFlag(string? text) => text?.ToUpperInvariant() switch
    {
        "1" or "TRUE" => true,
        "0" or "FALSE" => false,
        _ => null,
    };

    internal static TimeSpan? ParseSeconds(string? text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 0 and <= MaxSeconds
            ? TimeSpan.FromSeconds(seconds)
            : null;
}
