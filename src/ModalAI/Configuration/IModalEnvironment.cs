namespace ModalAI.Configuration;

/// <summary>The part of the process's surroundings from which settings are taken.</summary>
internal interface IModalEnvironment
{
    /// <summary>The home folder of the user, or null when there is none.</summary>
    string? HomeDirectory { get; }

    string? GetVariable(string name);

    /// <summary>Opens a file for reading; null when the process sees no such file.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file must not be read.</exception>
    Stream? OpenRead(string path);
}
