using System.Text;
using Microsoft.Extensions.Options;
using ModalAI.Configuration;
using ModalAI.Tools.Dialects;

namespace ModalAI.Tools;

/// <summary>What <see cref="ModalSandboxToolOptions"/> must be.</summary>
internal static class ToolOptionRules
{
    private const int MaxNameLength = 64;
    private const int MaxVariableBytes = 16 * 1024;
    private const int MaxMediaBytes = 64 * 1024 * 1024;
    private static readonly TimeSpan MaxFileTimeout = TimeSpan.FromHours(1);

    /// <summary>Options that were not checked with those of a registration.</summary>
    /// <exception cref="OptionsValidationException">They are invalid.</exception>
    public static ModalSandboxToolOptions Validate(ModalSandboxToolOptions options)
    {
        var errors = new OptionErrors(nameof(ModalSandboxToolOptions));
        Check(errors, options);
        var result = errors.ToResult();
        return result.Failed ? throw new OptionsValidationException("", typeof(ModalSandboxToolOptions), result.Failures) : options;
    }

    public static void Check(OptionErrors errors, ModalSandboxToolOptions options)
    {
        CheckChoice(errors, nameof(options.Approval), options.Approval);
        if (CheckChoice(errors, nameof(options.Dialect), options.Dialect))
        {
            CheckNames(errors, options, ToolDialect.Of(options.Dialect));
        }

        SandboxOptionRules.CheckEnvironmentVariables(errors, nameof(options.EnvironmentVariables), options.EnvironmentVariables);
        var size = options.EnvironmentVariables.Sum(static variable => variable.Key.Length + Encoding.UTF8.GetByteCount(variable.Value ?? ""));
        if (size > MaxVariableBytes)
        {
            errors.AddUnshown(nameof(options.EnvironmentVariables), $"has {size} bytes in all; at most {MaxVariableBytes} go with each command");
        }

        if (options.YieldAfter > SandboxOptionRules.MaxTimeout)
        {
            errors.Add(nameof(options.YieldAfter), options.YieldAfter, "it must be at most 24 hours (1.00:00:00), or 0 for never");
        }

        CheckTime(errors, nameof(options.MaxCommandTimeout), options.MaxCommandTimeout, SandboxOptionRules.MaxTimeout, "24 hours (1.00:00:00)");
        CheckTime(errors, nameof(options.ApprovalTimeout), options.ApprovalTimeout, SandboxOptionRules.MaxTimeout, "24 hours (1.00:00:00)");
        CheckTime(errors, nameof(options.FileTimeout), options.FileTimeout, MaxFileTimeout, "1 hour (01:00:00)");
        CheckTime(errors, nameof(options.PublishTimeout), options.PublishTimeout, MaxFileTimeout, "1 hour (01:00:00)");
        CheckNumber(errors, nameof(options.MaxJobs), options.MaxJobs, 1, 1_000);
        CheckNumber(errors, nameof(options.MaxOutputChars), options.MaxOutputChars, 1_000, 1_000_000);
        CheckNumber(errors, nameof(options.MaxLineChars), options.MaxLineChars, 100, 100_000);
        CheckNumber(errors, nameof(options.MaxReadBytes), options.MaxReadBytes, 1_000, 1_000_000);
        CheckNumber(errors, nameof(options.MaxWriteBytes), options.MaxWriteBytes, 1_000, MaxMediaBytes);
        CheckNumber(errors, nameof(options.MaxMediaBytes), options.MaxMediaBytes, 1_000, MaxMediaBytes);
        CheckNumber(errors, nameof(options.MaxPublishBytes), options.MaxPublishBytes, 1, long.MaxValue);
    }

    private static void CheckNames(OptionErrors errors, ModalSandboxToolOptions options, ToolDialect dialect)
    {
        string[] known = [.. dialect.Tools.Select(static tool => tool.Name)];
        CheckKnown(nameof(options.Enabled), options.Enabled ?? []);
        CheckKnown(nameof(options.Names), options.Names.Keys);
        CheckKnown(nameof(options.Descriptions), options.Descriptions.Keys);
        if (options.Enabled is { Count: 0 })
        {
            errors.AddUnshown(nameof(options.Enabled), $"is empty: name at least one of {string.Join(", ", known)}, or leave it open for all");
        }

        foreach (var (name, description) in options.Descriptions.Where(static description => string.IsNullOrWhiteSpace(description.Value)))
        {
            errors.Add($"{nameof(options.Descriptions)}[{name}]", description, "it must say what the function does");
        }

        // All that could be there, whatever of it is: what a set has may depend on the sandbox.
        var names = new ToolNames(dialect, options, static _ => true);
        var taken = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var tool in known)
        {
            if (names[tool] is not { } name)
            {
                continue;
            }

            if (name.Length is 0 or > MaxNameLength || !name.All(static character => char.IsAsciiLetterOrDigit(character) || character is '_' or '-'))
            {
                errors.AddStatement(
                    $"{errors.NameOf(options.Names.ContainsKey(tool) ? nameof(options.Names) : nameof(options.Prefix))} would call '{tool}' {OptionErrors.Show(name)}: "
                    + $"the name of a function is 1 to {MaxNameLength} letters, digits, '_' and '-'.");
            }
            else if (!taken.TryAdd(name, tool))
            {
                errors.AddStatement($"{errors.NameOf(nameof(options.Names))} would call both '{taken[name]}' and '{tool}' '{name}': names have to differ.");
            }
        }

        void CheckKnown(string option, IEnumerable<string> names)
        {
            foreach (var name in names.Where(name => !known.Contains(name)))
            {
                errors.AddStatement(
                    $"{errors.NameOf(option)} names {OptionErrors.Show(name)}, which {options.Dialect} does not have: it has {string.Join(", ", known)}.");
            }
        }
    }

    private static bool CheckChoice<T>(OptionErrors errors, string option, T value)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
        {
            errors.Add(option, value, $"it must be {OptionErrors.Choices(typeof(T))}");
            return false;
        }

        return true;
    }

    private static void CheckTime(OptionErrors errors, string option, TimeSpan value, TimeSpan most, string mostText)
    {
        if (value < SandboxOptionRules.MinTimeout || value > most)
        {
            errors.Add(option, value, $"it must be from 1 second (00:00:01) to {mostText}");
        }
    }

    private static void CheckNumber(OptionErrors errors, string option, long value, long least, long most)
    {
        if (value < least || value > most)
        {
            errors.Add(option, value, most == long.MaxValue ? $"it must be {least} or more" : $"it must be from {least} to {most}");
        }
    }
}
