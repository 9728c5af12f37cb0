using ModalAI.Configuration;

namespace ModalAI;

/// <summary>A layer of an image: Dockerfile commands, and what their build is given. Made by <see cref="ModalImage.WithDockerfileCommands(IEnumerable{string}, ModalImageLayerOptions?)"/>.</summary>
public sealed class ModalImageLayer
{
    private const string Copy = "COPY ";
    private const string CopyFrom = "COPY --FROM=";

    internal ModalImageLayer(string[] commands, ModalImageLayerOptions options)
    {
        if (commands.Select(FindProblem).FirstOrDefault(static problem => problem is not null) is { } wrongCommand)
        {
            throw new ArgumentException(wrongCommand, nameof(commands));
        }

        if (FindProblem(options) is { } wrongOption)
        {
            throw new ArgumentException(wrongOption, nameof(options));
        }

        Commands = commands.AsReadOnly();
        Options = options with
        {
            EnvironmentVariables = new Dictionary<string, string>(options.EnvironmentVariables, StringComparer.Ordinal),
            Secrets = [.. options.Secrets],
        };
    }

    /// <summary>The commands.</summary>
    public IReadOnlyList<string> Commands { get; }

    /// <summary>What their build is given.</summary>
    public ModalImageLayerOptions Options { get; }

    /// <summary>Its commands, without the options: those hold secrets.</summary>
    public override string ToString() => string.Join("; ", Commands);

    private static string? FindProblem(string? command)
    {
        if (string.IsNullOrWhiteSpace(command))
        {
            return "A Dockerfile command is empty.";
        }

        var text = command.Trim().ToUpperInvariant();
        return text.StartsWith(Copy, StringComparison.Ordinal) && !text.StartsWith(CopyFrom, StringComparison.Ordinal)
            ? $"'{command}' copies files of this computer, which Modal does not see while it builds. Fetch them with RUN, COPY --from=IMAGE, or write them into the sandbox (ModalSandbox.Files)."
            : null;
    }

    private static string? FindProblem(ModalImageLayerOptions options)
    {
        if (options.EnvironmentVariables.Keys.FirstOrDefault(static name => !ModalNames.IsEnvironmentVariableName(name)) is { } wrong)
        {
            return $"'{wrong}' of {nameof(options.EnvironmentVariables)}: {ModalNames.EnvironmentVariableNameRule}.";
        }

        if (options.Secrets.Any(static secret => secret is null))
        {
            return $"One of {nameof(options.Secrets)} is null.";
        }

        return GpuSpec.TryParse(options.Gpu, out _) ? null : $"{nameof(options.Gpu)} is '{options.Gpu}': {GpuSpec.Rule}.";
    }
}
