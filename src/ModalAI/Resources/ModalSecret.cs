using ModalAI.Configuration;

namespace ModalAI;

/// <summary>
/// Environment variables for a sandbox or a command: a secret of the workspace, by its name, or values that the application holds. Values are
/// sent with the request that needs them and appear in no log, exception or text of this object.
/// </summary>
public sealed class ModalSecret
{
    private ModalSecret(string? name, IReadOnlyList<string> requiredKeys, IReadOnlyDictionary<string, string>? values)
    {
        Name = name;
        RequiredKeys = requiredKeys;
        Values = values;
    }

    /// <summary>The secret's name; null when it is made of values.</summary>
    public string? Name { get; }

    /// <summary>Keys that the named secret must have.</summary>
    public IReadOnlyList<string> RequiredKeys { get; }

    internal IReadOnlyDictionary<string, string>? Values { get; }

    /// <summary>A secret of the workspace. It is looked up when it is first needed.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="requiredKeys">Keys that it must have; looking it up fails when one is missing.</param>
    public static ModalSecret FromName(string name, params IReadOnlyList<string> requiredKeys)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(requiredKeys);
        return new ModalSecret(name, [.. requiredKeys], null);
    }

    /// <summary>A secret made of values that the application holds.</summary>
    /// <param name="values">Names and values of environment variables.</param>
    /// <exception cref="ArgumentException">A name is not the name of an environment variable.</exception>
    public static ModalSecret FromValues(IEnumerable<KeyValuePair<string, string>> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var copy = new Dictionary<string, string>(values, StringComparer.Ordinal);
        foreach (var (name, value) in copy)
        {
            if (value is null || value.Contains('\0', StringComparison.Ordinal))
            {
                throw new ArgumentException($"The value of '{name}' is null or has a NUL character, which no process can be given.", nameof(values));
            }

            if (!ModalNames.IsEnvironmentVariableName(name))
            {
                throw new ArgumentException($"'{name}' is not the name of an environment variable: letters, digits and underscores, not starting with a digit.", nameof(values));
            }
        }

        return new ModalSecret(null, [], copy);
    }

    /// <summary>A secret made of the text of a dotenv file.</summary>
    /// <param name="text">
    /// A <c>NAME=value</c> on each line, perhaps after <c>export</c>. A value in single quotes is taken as it stands; in double quotes <c>\n</c>, <c>\t</c>, <c>\r</c>,
    /// <c>\"</c>, <c>\$</c> and <c>\\</c> are escapes; either may go over several lines. A value without quotes ends before <c>#</c> after a blank.
    /// Other variables are not put in: <c>$NAME</c> stays as it is. A name that comes twice has its last value.
    /// </param>
    /// <exception cref="FormatException">A line is not understood; the message has its number and never its value.</exception>
    public static ModalSecret FromDotenv(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new ModalSecret(null, [], DotenvReader.Read(text));
    }

    /// <summary>A secret made of a dotenv file on this computer, read at once. See <see cref="FromDotenv"/> for what it may hold.</summary>
    /// <param name="path">The file, UTF-8 of at most 1 MiB.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    /// <exception cref="FormatException">A line is not understood, or the file is too long or not UTF-8; the message never has a value.</exception>
    public static ModalSecret FromDotenvFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            return FromDotenv(DotenvReader.ReadText(path));
        }
        catch (FormatException exception)
        {
            throw new FormatException($"'{path}': {exception.Message}", exception);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Name ?? $"ModalSecret ({Values!.Count} values)";
}
