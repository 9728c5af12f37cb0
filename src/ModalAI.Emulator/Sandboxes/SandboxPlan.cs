using ModalAI.Emulator.Isolation;
using ModalAI.Emulator.Network;
using ModalAI.Protocol;

namespace ModalAI.Emulator.Sandboxes;

/// <summary>What a sandbox is to be, after its definition was checked and its ids were looked up.</summary>
internal sealed record SandboxPlan
{
    public required SandboxBackend Backend { get; init; }

    public required string AppId { get; init; }

    public required string EnvironmentName { get; init; }

    /// <summary>As the client sent it, for lists.</summary>
    public required Sandbox Definition { get; init; }

    /// <summary>Null for this computer's own programs.</summary>
    public string? RootFileSystem { get; init; }

    /// <summary>What other sandboxes wrote over the root file system, the lowest first.</summary>
    public IReadOnlyList<SandboxLayer> Layers { get; init; } = [];

    /// <summary>What the image says of the commands that run in it.</summary>
    public ImageSettings Settings { get; init; } = ImageSettings.None;

    /// <summary>Whether its files become an image when it ends.</summary>
    public bool KeepsExitSnapshot { get; init; }

    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    public required IReadOnlyList<SandboxVolume> Volumes { get; init; }

    public NetworkPlan Network { get; init; } = new();

    public required TimeSpan Timeout { get; init; }

    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>Empty for none.</summary>
    public string Name { get; init; } = "";

    /// <summary>The terminal of the entrypoint; null for pipes.</summary>
    public TerminalRequest? Terminal { get; init; }

    public required IReadOnlyList<SandboxTag> Tags { get; init; }

    public string WorkingDirectory => Definition is { HasWorkdir: true, Workdir.Length: > 0 } ? Definition.Workdir : Settings.WorkingDirectory;

    /// <summary>The first container.</summary>
    public ContainerPlan Main => new()
    {
        Name = ContainerPlan.MainName,
        RootFileSystem = RootFileSystem,
        Layers = Layers,
        Settings = Settings,
        Command = Settings.GetCommand(Definition.EntrypointArgs),
        Terminal = Terminal,
        Environment = Environment,
        Volumes = Volumes,
        WorkingDirectory = WorkingDirectory,
    };
}
