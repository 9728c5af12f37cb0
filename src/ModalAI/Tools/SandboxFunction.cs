using Microsoft.Extensions.AI;

namespace ModalAI.Tools;

/// <summary>A function that answers wrong arguments with text, in the place of an exception that a model would not see.</summary>
internal sealed class SandboxFunction : DelegatingAIFunction
{
    private readonly ModalSandboxToolInfo _info;

    private SandboxFunction(AIFunction function, ModalSandboxToolInfo info)
        : base(function) =>
        _info = info;

    /// <param name="method">Does the work. The names of its parameters are those of the arguments.</param>
    /// <param name="name">Its name.</param>
    /// <param name="description">What a model is told of it.</param>
    /// <param name="info">What an application is told of it.</param>
    public static SandboxFunction Create(Delegate method, string name, string description, ModalSandboxToolInfo info)
    {
        var options = new AIFunctionFactoryOptions
        {
            Name = name,
            Description = description,
            SerializerOptions = ToolJson.SerializerOptions,
            ExcludeResultSchema = true,
            AdditionalProperties = new Dictionary<string, object?> { ["modalai.read_only"] = info.IsReadOnly },

            // As text it reaches the model as it is; marshalled to JSON, some chat clients would send it in quotes, with escapes.
            MarshalResult = static (result, _, _) => ValueTask.FromResult(result),
        };
        return new SandboxFunction(AIFunctionFactory.Create(method, options), info);
    }

    public override object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType == typeof(ModalSandboxToolInfo) ? _info : base.GetService(serviceType, serviceKey);

    protected override async ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        CommandProgress.Begin(Name, arguments);
        return ToolArguments.TryConvert(InnerFunction, arguments, out var converted, out var problem)
            ? await base.InvokeCoreAsync(converted, cancellationToken).ConfigureAwait(false)
            : problem;
    }
}
