namespace ModalAI.Tools.Dialects;

/// <summary>Names and arguments of a set of functions over the engines.</summary>
/// <param name="Tools">The functions that it has, in their order.</param>
/// <param name="GetWords">How the texts of the engines call them.</param>
/// <param name="Create">Makes them.</param>
internal sealed record ToolDialect(
    IReadOnlyList<ToolSpec> Tools, Func<ToolNames, ToolWords> GetWords, Func<ToolKit, IEnumerable<ToolMethod>> Create)
{
    /// <summary>Hands a file to the application; the same in all dialects, since no agent is known for one.</summary>
    public const string PublishName = "publish_file";

    /// <summary>How a dialect ends.</summary>
    public static ToolSpec Publish { get; } = new(PublishName, ModalToolEffect.Publishes, ToolNeed.Sink);

    public static ToolDialect Of(ModalToolDialect dialect) => dialect switch
    {
        ModalToolDialect.Claude => ClaudeFunctions.Dialect,
        ModalToolDialect.OpenAI => OpenAIFunctions.Dialect,
        ModalToolDialect.AgentFramework => AgentFrameworkFunctions.Dialect,
        ModalToolDialect.LangChain => LangChainFunctions.Dialect,
        _ => throw new ArgumentOutOfRangeException(nameof(dialect), dialect, "There is no such dialect."),
    };
}
