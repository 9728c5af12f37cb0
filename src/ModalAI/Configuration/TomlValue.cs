namespace ModalAI.Configuration;

/// <summary>One value of a configuration file. It may be a secret, so it has no text of its own.</summary>
/// <param name="value">A string, a boolean or a double; null for all that Modal's configuration has no use for.</param>
/// <param name="line">The line of its key, from 1.</param>
internal sealed class TomlValue(object? value, int line)
{
    internal object? Value => value;

    internal int Line => line;
}
