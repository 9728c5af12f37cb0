using System.Globalization;

namespace ModalAI.Configuration;

/// <summary>The chosen profile of a configuration file. What it holds may be secret and is in no message.</summary>
/// <param name="path">The file.</param>
/// <param name="table">The profile's table.</param>
/// <param name="errors">Where values of the wrong type are reported.</param>
internal sealed class ModalProfile(string path, TomlTable table, List<string> errors)
{
    internal string? GetText(string key)
    {
        if (Find(key) is not { } value)
        {
            return null;
        }

        if (value.Value is string text)
        {
            return text.Length == 0 ? null : text;
        }

        errors.Add($"{Locate(key, value)} must be a quoted string on one line.");
        return null;
    }

    internal bool? GetFlag(string key)
    {
        if (Find(key) is not { } value)
        {
            return null;
        }

        var flag = value.Value as bool? ?? SettingText.ParseFlag(value.Value as string);
        if (flag is null)
        {
            errors.Add($"{Locate(key, value)} must be true or false.");
        }

        return flag;
    }

    internal TimeSpan? GetSeconds(string key)
    {
        if (Find(key) is not { } value)
        {
            return null;
        }

        var text = value.Value is double number ? number.ToString("R", CultureInfo.InvariantCulture) : value.Value as string;
        var seconds = SettingText.ParseSeconds(text);
        if (seconds is null)
        {
            errors.Add($"{Locate(key, value)} must be {SettingText.SecondsRule}.");
        }

        return seconds;
    }

    /// <summary>Names the profile's place for messages about what it lacks.</summary>
    internal string Describe() => $"profile '{table.Name}' of '{path}' (line {table.Line})";

    private TomlValue? Find(string key) => table.Values.GetValueOrDefault(key);

    private string Locate(string key, TomlValue value) => $"'{path}', line {value.Line}: {key} of profile '{table.Name}'";
}
