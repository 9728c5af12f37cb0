namespace ModalAI.Tools.Dialects;

/// <summary>Which functions of a dialect a set has, and what they are called there.</summary>
internal sealed class ToolNames
{
    private readonly Dictionary<string, string> _names;

    /// <param name="dialect">The dialect.</param>
    /// <param name="options">The options.</param>
    /// <param name="isMet">Whether the set has what a function is of no use without.</param>
    public ToolNames(ToolDialect dialect, ModalSandboxToolOptions options, Func<ToolNeed, bool> isMet) =>
        _names = dialect.Tools
            .Where(tool => options.Enabled?.Contains(tool.Name) != false && isMet(tool.Need))
            .ToDictionary(static tool => tool.Name, tool => options.Prefix + (options.Names.TryGetValue(tool.Name, out var other) ? other : tool.Name));

    /// <summary>What a function is called; null where the set does not have it.</summary>
    /// <param name="name">The name that its dialect gives it.</param>
    public string? this[string name] => _names.GetValueOrDefault(name);

    /// <summary>What a function of the set is called.</summary>
    /// <param name="name">The name that its dialect gives it.</param>
    public string Of(string name) => _names[name];

    /// <summary>The command line that does in a shell what another function would do; null where the set has no shell.</summary>
    /// <param name="shell">The name that the dialect gives the function that runs command lines.</param>
    /// <param name="hint">The programs.</param>
    public string? InShell(string shell, string hint) => this[shell] is { } name ? $"{name} ({hint})" : null;
}
