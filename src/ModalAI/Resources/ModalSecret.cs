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
        foreach (var name in copy.Keys)
        {
            if (!ModalNames.IsEnvironmentVariableName(name))
            {
                throw new ArgumentException($"'{name}' is not the name of an environment variable: letters, digits and underscores, not starting with a digit.", nameof(values));
            }
        }

        return new ModalSecret(null, [], copy);
    }

    /// <inheritdoc/>
    public override string ToString() => Name ?? $"ModalSecret ({Values!.Count} values)";
}
