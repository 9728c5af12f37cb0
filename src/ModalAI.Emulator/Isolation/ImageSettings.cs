using System.Collections.Immutable;

namespace ModalAI.Emulator.Isolation;

/// <summary>What an image says of the commands that run in it.</summary>
internal sealed record ImageSettings
{
    public static ImageSettings None { get; } = new();

    public ImmutableDictionary<string, string> Environment { get; init; } = ImmutableDictionary.Create<string, string>(StringComparer.Ordinal);

    public string WorkingDirectory { get; init; } = "/";

    /// <summary>Stands before the arguments of a sandbox, but not of the commands that are run in it.</summary>
    public ImmutableArray<string> Entrypoint { get; init; } = [];

    /// <summary>The arguments of a sandbox that is given none.</summary>
    public ImmutableArray<string> Command { get; init; } = [];

    /// <summary>What runs a command that is one line of text.</summary>
    public ImmutableArray<string> Shell { get; init; } = ["/bin/sh", "-c"];

    /// <summary>What a sandbox runs that is created with some arguments; empty when it is to wait for commands.</summary>
    public IReadOnlyList<string> GetCommand(IReadOnlyList<string> arguments) => [.. Entrypoint, .. arguments.Count > 0 ? arguments : Command];
}
