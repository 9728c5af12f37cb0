using System.Text;
using ModalAI.Configuration;

namespace ModalAI.Tests.Configuration;

/// <summary>Variables and files in memory.</summary>
internal sealed class FakeEnvironment : IModalEnvironment
{
    public const string DefaultFile = "/home/user/.modal.toml";

    public string? HomeDirectory { get; init; } = "/home/user";

    public Dictionary<string, string> Variables { get; } = [];

    public Dictionary<string, byte[]> Files { get; } = [];

    /// <summary>What happens instead of opening a file.</summary>
    public Exception? OpenFailure { get; init; }

    /// <summary>The text of the file in the home folder.</summary>
    public string DefaultFileText
    {
        init => Files[DefaultFile] = Encoding.UTF8.GetBytes(value);
    }

    public string? GetVariable(string name) => Variables.GetValueOrDefault(name);

    public Stream? OpenRead(string path)
    {
        if (OpenFailure is not null)
        {
            throw OpenFailure;
        }

        return Files.TryGetValue(path, out var bytes) ? new MemoryStream(bytes) : null;
    }
}
