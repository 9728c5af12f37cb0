namespace Microsoft.Extensions.AI;

/// <summary>One function call that is being made.</summary>
public class FunctionInvocationContext
{
    private static readonly AIFunction NoFunction = AIFunctionFactory.Create(static () => { }, nameof(FunctionInvocationContext));

    /// <summary>The function to call.</summary>
    public AIFunction Function { get; set; } = NoFunction;

    /// <summary>What it is called with.</summary>
    public AIFunctionArguments Arguments { get; set; } = [];

    /// <summary>What the model asked for.</summary>
    public FunctionCallContent CallContent { get; set; } = new("", NoFunction.Name);

    /// <summary>The conversation so far, as it is sent to the model.</summary>
    public IList<ChatMessage> Messages { get; set; } = [];

    /// <summary>The options of the request.</summary>
    public ChatOptions? Options { get; set; }

    /// <summary>How many times the model has been asked again before, in this request.</summary>
    public int Iteration { get; set; }

    /// <summary>The call's place among the calls that the model asked for together.</summary>
    public int FunctionCallIndex { get; set; }

    /// <summary>How many calls the model asked for together.</summary>
    public int FunctionCount { get; set; }

    /// <summary>Set by a function after which the model is not to be asked again.</summary>
    public bool Terminate { get; set; }

    /// <summary>Whether the response is streamed.</summary>
    public bool IsStreaming { get; set; }
}
