using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;
using ModalAI;
using ModalAI.Tools.Dialects;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Gives agents that are built from the services the tools of a registration.</summary>
public static class AgentToolsBuilderExtensions
{
    /// <summary>
    /// Registers functions of the registration's <see cref="ModalSandboxTools"/> as <see cref="AITool"/> services with an agent's name as their key, one
    /// by one and singletons, as the hosting of Microsoft's Agent Framework looks for the tools of the agent of that name.
    /// </summary>
    /// <remarks>
    /// They borrow a sandbox for each call: with <see cref="ModalSandboxMode.ReuseExisting"/> the calls of a conversation find each other's files. Resolving a
    /// function that the tools do not have throws <see cref="InvalidOperationException"/>.
    /// </remarks>
    /// <param name="builder">The registration.</param>
    /// <param name="agentName">The agent's name.</param>
    /// <param name="functions">
    /// The functions, by the names that their dialect gives them, whatever <see cref="ModalSandboxToolOptions.Prefix"/> and <see cref="ModalSandboxToolOptions.Names"/> make of
    /// those; none for those of <see cref="ModalToolDialect.Claude"/> that need nothing but a sandbox, as <see cref="AddAgentTools(IModalSandboxBuilder, string, ModalToolDialect)"/>.
    /// </param>
    /// <exception cref="ArgumentException">A name is given twice.</exception>
    public static IModalSandboxBuilder AddAgentTools(this IModalSandboxBuilder builder, string agentName, params IReadOnlyCollection<string> functions)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(agentName);
        ArgumentNullException.ThrowIfNull(functions);
        if (functions.Count == 0)
        {
            return builder.AddAgentTools(agentName, ModalToolDialect.Claude);
        }

        if (functions.GroupBy(static name => name, StringComparer.Ordinal).FirstOrDefault(static group => group.Count() > 1) is { } twice)
        {
            throw new ArgumentException($"The function '{twice.Key}' is given twice.", nameof(functions));
        }

        // A set of their own, so that no text of theirs points to a function that the agent does not have.
        var registration = builder.Name;
        var set = new object();
        builder.Services.AddKeyedSingleton(set, (provider, _) => new AgentTools(Choose(provider, registration, functions)));
        foreach (var name in functions)
        {
            builder.Services.AddKeyedSingleton(agentName, (provider, _) => provider.GetRequiredKeyedService<AgentTools>(set).Tools.Single(tool => NameOf(tool) == name));
        }

        return builder;
    }

    /// <summary>
    /// Registers all functions of a dialect that need nothing but a sandbox: not those for jobs, media and published files, which can be named one by one. Services are
    /// registered before options are known, so the dialect of <see cref="ModalSandboxToolOptions.Dialect"/> has to be given here too.
    /// </summary>
    /// <param name="builder">The registration.</param>
    /// <param name="agentName">The agent's name.</param>
    /// <param name="dialect">The dialect.</param>
    public static IModalSandboxBuilder AddAgentTools(this IModalSandboxBuilder builder, string agentName, ModalToolDialect dialect) =>
        builder.AddAgentTools(agentName, [.. ToolDialect.Of(dialect).Tools.Where(static tool => tool.Need == ToolNeed.Nothing).Select(static tool => tool.Name)]);

    private static ModalSandboxTools Choose(IServiceProvider provider, string registration, IReadOnlyCollection<string> functions)
    {
        var tools = registration.Length == 0
            ? provider.GetRequiredService<ModalSandboxTools>()
            : provider.GetRequiredKeyedService<ModalSandboxTools>(registration);
        var dialect = provider.GetRequiredService<IOptionsMonitor<ModalSandboxOptions>>().Get(registration).Tools.Dialect;
        return functions.FirstOrDefault(name => tools.All(tool => NameOf(tool) != name)) is not { } missing
            ? tools.Only(functions)
            : throw new InvalidOperationException(
                $"AddAgentTools names the function '{missing}', which the tools of the registration do not have. "
                + $"Their dialect is {dialect}, and they have {string.Join(", ", tools.Select(NameOf))}.");
    }

    private static string NameOf(AITool tool) => tool.GetService<ModalSandboxToolInfo>()!.Name;

    /// <summary>The functions of one agent.</summary>
    private sealed record AgentTools(ModalSandboxTools Tools);
}
