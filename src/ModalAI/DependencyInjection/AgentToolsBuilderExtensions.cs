using Microsoft.Extensions.AI;
using ModalAI;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Gives agents that are built from the services the tools of a registration.</summary>
public static class AgentToolsBuilderExtensions
{
    private static readonly string[] DefaultNames = ["bash", "read", "write", "edit", "glob", "grep"];

    /// <summary>
    /// Registers functions of the registration's <see cref="ModalSandboxTools"/> as <see cref="AITool"/> services with an agent's name as their key, one
    /// by one and singletons, as the hosting of Microsoft's Agent Framework looks for the tools of the agent of that name.
    /// </summary>
    /// <remarks>They borrow a sandbox for each call: with <see cref="ModalSandboxMode.ReuseExisting"/> the calls of a conversation find each other's
    /// files.</remarks>
    /// <param name="builder">The registration.</param>
    /// <param name="agentName">The agent's name.</param>
    /// <param name="functions">Names of the functions; none for <c>bash</c>, <c>read</c>, <c>write</c>, <c>edit</c>, <c>glob</c> and <c>grep</c>.</param>
    /// <exception cref="ArgumentException">
    /// A name is given twice. Resolving a function that the tools do not have throws <see cref="InvalidOperationException"/>.
    /// </exception>
    public static IModalSandboxBuilder AddAgentTools(this IModalSandboxBuilder builder, string agentName, params IReadOnlyCollection<string> functions)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(agentName);
        ArgumentNullException.ThrowIfNull(functions);
        if (functions.GroupBy(static name => name, StringComparer.Ordinal).FirstOrDefault(static group => group.Count() > 1) is { } twice)
        {
            throw new ArgumentException($"The function '{twice.Key}' is given twice.", nameof(functions));
        }

        var registration = builder.Name;
        foreach (var name in functions.Count == 0 ? DefaultNames : functions)
        {
            builder.Services.AddKeyedSingleton(agentName, (provider, _) => Find(provider, registration, name));
        }

        return builder;
    }

    private static AITool Find(IServiceProvider provider, string registration, string name)
    {
        var tools = registration.Length == 0
            ? provider.GetRequiredService<ModalSandboxTools>()
            : provider.GetRequiredKeyedService<ModalSandboxTools>(registration);
        return tools.FirstOrDefault(tool => tool.Name == name)
            ?? throw new InvalidOperationException(
                $"AddAgentTools names the function '{name}', which the tools of the registration do not have. "
                + $"They have {string.Join(", ", tools.Select(static tool => tool.Name))}.");
    }
}
