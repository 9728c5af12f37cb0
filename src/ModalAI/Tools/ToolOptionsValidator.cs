using Microsoft.Extensions.Options;
using ModalAI.Configuration;

namespace ModalAI.Tools;

/// <summary>Checks what models are given, and reports every problem at once.</summary>
internal sealed class ToolOptionsValidator : IValidateOptions<ModalSandboxOptions>
{
    public ValidateOptionsResult Validate(string? name, ModalSandboxOptions options)
    {
        var errors = new OptionErrors($"{nameof(ModalSandboxOptions)}.{nameof(options.Tools)}", name);
        ToolOptionRules.Check(errors, options.Tools);
        return errors.ToResult();
    }
}
