namespace ModalAI.Configuration;

/// <summary>The surroundings that the process really has.</summary>
internal sealed class SystemModalEnvironment : IModalEnvironment
{
    internal static SystemModalEnvironment Instance { get; } = new();

    public string? HomeDirectory =>
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) is { Length: > 0 } home ? home : null;

    public string? GetVariable(string name) => Environment.GetEnvironmentVariable(name);

    // A home folder that the process must not look into, as services often have, is like one without the file.
    public Stream? OpenRead(string path) => File.Exists(path) ? File.OpenRead(path) : null;
}
