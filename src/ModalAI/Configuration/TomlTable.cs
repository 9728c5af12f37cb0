namespace ModalAI.Configuration;

/// <summary>One table of a configuration file: a profile.</summary>
internal sealed class TomlTable(string name, int line)
{
    internal string Name => name;

    /// <summary>The line of its header, from 1.</summary>
    internal int Line => line;

    internal Dictionary<string, TomlValue> Values { get; } = new(StringComparer.Ordinal);
}
