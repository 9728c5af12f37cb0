namespace ModalAI.Tests.Tools.Failures;

/// <summary>A call that the agent makes.</summary>
internal sealed record AgentCall(string Tool, IReadOnlyDictionary<string, object?> Arguments)
{
    /// <summary>The argument that names a file or a directory.</summary>
    public string? Path => Arguments.FirstOrDefault(static argument => argument.Key is "path" or "file_path" or "fileName" or "directory").Value as string;

    /// <summary>The argument for what is searched for.</summary>
    public string Pattern => Arguments.Keys.FirstOrDefault(static name => name is "pattern" or "regexPattern") ?? "";

    public AgentCall With(string name, object? value) => this with { Arguments = new Dictionary<string, object?>(Arguments) { [name] = value } };

    public AgentCall Without(string name) => this with { Arguments = Arguments.Where(argument => argument.Key != name).ToDictionary() };

    /// <summary>Changes each argument that is text.</summary>
    public AgentCall Rewrite(Func<string, string> rewrite) =>
        this with { Arguments = Arguments.ToDictionary(static argument => argument.Key, argument => argument.Value is string text ? rewrite(text) : argument.Value) };

    /// <summary>The text of an argument whose name begins so.</summary>
    public string? Text(string start) => Arguments.FirstOrDefault(argument => argument.Key.StartsWith(start, StringComparison.Ordinal)).Value as string;
}
