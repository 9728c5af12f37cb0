using Microsoft.Extensions.AI;

namespace ModalAI.Tools;

/// <summary>A function that answers wrong arguments with text, in the place of an exception that a model would not see.</summary>
internal sealed class SandboxFunction(AIFunction function) : DelegatingAIFunction(function)
{
    protected override async ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        CommandProgress.Begin(Name, arguments);
        return ToolArguments.TryConvert(InnerFunction, arguments, out var converted, out var problem)
            ? await base.InvokeCoreAsync(converted, cancellationToken).ConfigureAwait(false)
            : problem;
    }
}
