using System.Diagnostics;
using ModalAI.Emulator.FileSystem;
using Xunit;

namespace ModalAI.Emulator.Tests.FileSystem;

/// <summary>Operations on a process's root, with mounts that only that process has, as it is with a sandbox.</summary>
public sealed class MountTests : IAsyncLifetime, IDisposable
{
    private const string Script = """
        cd "$1" && mkdir -p tree/volume && touch null && mount -t tmpfs tmpfs tree/volume && touch tree/volume/file && mount --bind /dev/null null \
            && echo ready && exec cat
        """;

    private readonly FileSystemFixture _sandbox = new();
    private Process? _process;
    private FileSystemTools? _tools;

    public async Task InitializeAsync()
    {
        var start = new ProcessStartInfo("unshare", ["--user", "--map-root-user", "--mount", "sh", "-c", Script, "sh", _sandbox.Root])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _process = Process.Start(start)!;
        if (await _process.StandardOutput.ReadLineAsync(_sandbox.Token) == "ready")
        {
            _tools = new FileSystemTools($"/proc/{_process.Id}/root{_sandbox.Root}", (_sandbox.OwnId, _sandbox.OwnId));
        }
    }

    [SkippableTheory]
    [InlineData("Remove", "/tree", "Io")]
    [InlineData("Remove", "/tree/volume", "Io")]
    [InlineData("Remove", "/null", "Io")]
    [InlineData("WriteFile", "/null", "Io")]
    [InlineData("WriteFile", "/tree/volume/file", "")]
    [InlineData("Remove", "/tree/volume/file", "")]
    public async Task Change_WhereTheSandboxHasMounts_KeepsTheMounts(string operation, string path, string kind)
    {
        Skip.If(_tools is null, "This computer does not let a process have mounts of its own.");

        var outcome = operation == "Remove"
            ? await _sandbox.CallAsync(operation, new() { ["path"] = path, ["recursive"] = true }, tools: _tools)
            : await _sandbox.CallAsync(operation, new() { ["path"] = path }, new MemoryStream([1]), _tools);

        Assert.Equal(kind, outcome.Kind);
        var mounts = await File.ReadAllTextAsync($"/proc/{_process!.Id}/mounts", _sandbox.Token);
        Assert.Contains(_sandbox.Host("/tree/volume"), mounts, StringComparison.Ordinal);
        Assert.Contains(_sandbox.Host("/null"), mounts, StringComparison.Ordinal);
        if (kind.Length > 0)
        {
            Assert.Equal("", (await _sandbox.CallAsync("ReadFile", new() { ["path"] = "/tree/volume/file" }, tools: _tools)).Kind);
        }
    }

    [SkippableFact]
    public async Task AnyOperation_ProcessHasEnded_NeverReachesAnotherProcess()
    {
        Skip.If(_tools is null, "This computer does not let a process have mounts of its own.");
        var root = $"/proc/{_process!.Id}/root";
        _process.StandardInput.Close();
        await _process.WaitForExitAsync(_sandbox.Token);
        using var late = new FileSystemTools(root, (_sandbox.OwnId, _sandbox.OwnId));

        Assert.Equal("Io", (await _sandbox.CallAsync("ListFiles", new() { ["path"] = "/" }, tools: late)).Kind);
    }

    public async Task DisposeAsync()
    {
        _process!.StandardInput.Close();
        await _process.WaitForExitAsync(_sandbox.Token);
    }

    public void Dispose()
    {
        _tools?.Dispose();
        _process?.Dispose();
        _sandbox.Dispose();
    }
}
