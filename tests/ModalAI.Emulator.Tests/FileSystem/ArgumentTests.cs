using ModalAI.Emulator.FileSystem;
using Xunit;

namespace ModalAI.Emulator.Tests.FileSystem;

public sealed class ArgumentTests : IDisposable
{
    private readonly FileSystemFixture _sandbox = new();

    [Theory]
    [InlineData("")]
    [InlineData("garbage")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("\"ReadFile\"")]
    [InlineData("""{"ReadFile":null}""")]
    [InlineData("""{"ReadFile":{}}""")]
    [InlineData("""{"ReadFile":{"path":null}}""")]
    [InlineData("""{"ReadFile":{"path":5}}""")]
    [InlineData("""{"ReadFile":{"path":"/\ud800"}}""")]
    [InlineData("""{"ReadFile":{"path":"/a"},"Stat":{"path":"/a"}}""")]
    [InlineData("""{"Remove":{"path":"/a","recursive":"yes"}}""")]
    [InlineData("""{"ReadFile":{"path":"/a"}} and more""")]
    [InlineData("""{"ReadFile":{"path":"../a"}}""")]
    [InlineData("""{"Watch":{"path":"/","filter":["Created"]}}""")]
    [InlineData("""{"Watch":{"path":"/","filter":"Create"}}""")]
    [InlineData("""{"Watch":{"path":"/","timeout_secs":-1}}""")]
    [InlineData("""{"Watch":{"path":"/","timeout_secs":1.5}}""")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[")]
    public async Task Run_ArgumentThatIsNoOperation_IsAnError(string argument) =>
        Assert.Equal("Io", (await _sandbox.RunAsync(argument)).Kind);

    [Theory]
    [InlineData("""{"Watch":{"path":"/a","recursive":true,"filter":null,"timeout_secs":1,"depth":2}}""", "depth")]
    [InlineData("""{"Chmod":{"path":"/a"}}""", "Chmod")]
    [InlineData("""{"ReadFile":{"path":"/a","offset":5}}""", "offset")]
    public async Task Run_WhatTheEmulatorDoesNotDo_IsRefusedByName(string argument, string named)
    {
        var outcome = await _sandbox.RunAsync(argument);

        Assert.Equal("NotSupported", outcome.Kind);
        Assert.Contains($"'{named}'", outcome.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ReadFile")]
    [InlineData("WriteFile")]
    [InlineData("ListFiles")]
    [InlineData("Stat")]
    [InlineData("MakeDirectory")]
    [InlineData("Remove")]
    [InlineData("Watch")]
    public async Task Run_SandboxThatIsGone_IsAnError(string operation)
    {
        using var missing = new FileSystemTools("/proc/4194305/root", (0, 0));
        var ended = new FileSystemTools(_sandbox.Root, (_sandbox.OwnId, _sandbox.OwnId));
        ended.Dispose();

        foreach (var tools in new[] { missing, ended })
        {
            var outcome = await _sandbox.CallAsync(operation, new() { ["path"] = "/a/b" }, tools: tools);

            Assert.Equal("Io", outcome.Kind);
            Assert.Contains("the sandbox has ended", outcome.Message, StringComparison.Ordinal);
        }
    }

    public void Dispose() => _sandbox.Dispose();
}
