using ModalAI.Emulator.Isolation;

namespace ModalAI.Emulator.Sandboxes;

/// <summary>What a container is to be, after its definition was checked and its ids were looked up.</summary>
internal sealed record ContainerPlan
{
    /// <summary>The name of a sandbox's first container.</summary>
    public const string MainName = "main";

    public required string Name { get; init; }

    /// <summary>Null for this computer's own programs.</summary>
    public string? RootFileSystem { get; init; }

    /// <summary>What other sandboxes wrote over the root file system, the lowest first.</summary>
    public IReadOnlyList<SandboxLayer> Layers { get; init; } = [];

    /// <summary>What the image says of the commands that run in it: its environment is weaker than that of the plan.</summary>
    public ImageSettings Settings { get; init; } = ImageSettings.None;

    /// <summary>Empty where nothing is to be started: then the container waits for its end.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>The terminal of the command; null for pipes.</summary>
    public TerminalRequest? Terminal { get; init; }

    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    public required IReadOnlyList<SandboxVolume> Volumes { get; init; }

    public required string WorkingDirectory { get; init; }
}
