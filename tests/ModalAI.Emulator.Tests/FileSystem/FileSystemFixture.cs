using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModalAI.Emulator.FileSystem;
using Xunit;

namespace ModalAI.Emulator.Tests.FileSystem;

/// <summary>A folder that plays a sandbox's root, with a canary beside it that no operation may reach.</summary>
public sealed class FileSystemFixture : IDisposable
{
    public const string CanaryText = "canary: belongs to the computer, not to the sandbox";
    private const int TimeLimitSeconds = 60;

    private readonly CancellationTokenSource _timeLimit = new(TimeSpan.FromSeconds(TimeLimitSeconds));
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("modalai-fs-");

    public FileSystemFixture()
    {
        Root = Path.Combine(_folder.FullName, "root");
        Directory.CreateDirectory(Root);
        Canary = Path.Combine(_folder.FullName, "canary");
        File.WriteAllText(Canary, CanaryText);
        OwnId = Run("id", "-u").Trim() is var id ? uint.Parse(id, System.Globalization.CultureInfo.InvariantCulture) : 0;
        Tools = new FileSystemTools(Root, (OwnId, uint.Parse(Run("id", "-g"), System.Globalization.CultureInfo.InvariantCulture)));
    }

    public string Root { get; }

    public string Canary { get; }

    public uint OwnId { get; }

    public CancellationToken Token => _timeLimit.Token;

    internal FileSystemTools Tools { get; }

    /// <summary>The path on this computer of a path in the sandbox.</summary>
    public string Host(string path) => Root + path;

    public static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return text;
    }

    internal Task<Outcome> ReadAsync(string path) => CallAsync("ReadFile", new() { ["path"] = path });

    internal Task<Outcome> WriteAsync(string path, string text) =>
        CallAsync("WriteFile", new() { ["path"] = path }, new MemoryStream(Encoding.UTF8.GetBytes(text)));

    internal Task<Outcome> ListAsync(string path) => CallAsync("ListFiles", new() { ["path"] = path });

    internal Task<Outcome> StatAsync(string path) => CallAsync("Stat", new() { ["path"] = path });

    internal Task<Outcome> MakeDirectoryAsync(string path, bool parents) =>
        CallAsync("MakeDirectory", new() { ["path"] = path, ["parents"] = parents });

    internal Task<Outcome> RemoveAsync(string path, bool recursive) => CallAsync("Remove", new() { ["path"] = path, ["recursive"] = recursive });

    internal Task<Outcome> CallAsync(string operation, JsonObject fields, Stream? input = null, FileSystemTools? tools = null) =>
        RunAsync(new JsonObject { [operation] = fields }.ToJsonString(), input, tools);

    internal async Task<Outcome> RunAsync(string argument, Stream? input = null, FileSystemTools? tools = null)
    {
        using var output = new MemoryStream();
        using var error = new MemoryStream();
        var exitCode = await (tools ?? Tools).RunAsync(argument, input ?? Stream.Null, output, error, Token);
        return new Outcome(exitCode, output.ToArray(), error.ToArray());
    }

    public void Dispose()
    {
        Assert.Equal(CanaryText, File.ReadAllText(Canary));
        Tools.Dispose();
        _timeLimit.Dispose();
        Run("chmod", "-R", "u+rwx", _folder.FullName);
        Run("rm", "-rf", _folder.FullName);
    }

    internal sealed record Outcome(int ExitCode, byte[] Output, byte[] Error)
    {
        public string Text => Encoding.UTF8.GetString(Output);

        /// <summary>The error's kind, or "" for success; checks the form of the answer on the way.</summary>
        public string Kind
        {
            get
            {
                if (ExitCode == 0)
                {
                    Assert.Empty(Error);
                    return "";
                }

                Assert.Equal(1, ExitCode);
                using var error = JsonDocument.Parse(Error);
                Assert.Equal(1, error.RootElement.GetProperty("version").GetInt32());
                Assert.Equal(JsonValueKind.String, error.RootElement.GetProperty("detail").ValueKind);
                Assert.False(string.IsNullOrWhiteSpace(error.RootElement.GetProperty("message").GetString()));
                return error.RootElement.GetProperty("error_kind").GetString()!;
            }
        }

        public string Message => JsonNode.Parse(Error)!["message"]!.GetValue<string>();

        public JsonNode Json => JsonNode.Parse(Output)!;

        public string[] Names => [.. Json.AsArray().Select(entry => entry!["name"]!.GetValue<string>())];
    }
}
