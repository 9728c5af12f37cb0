using System.Text;
using Microsoft.Extensions.DependencyInjection;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Shell;

public sealed class SandboxShellTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    private ModalSandbox _sandbox = null!;
    private IModalSandboxShell _shell = null!;

    public override async Task InitializeAsync()
    {
        _sandbox = await Client.Sandboxes.CreateAsync(new ModalSandboxCreateOptions { AppName = "tests" }, TestTimeout.Token);
        _shell = _sandbox.OpenShell("/work/");
        await _shell.CreateDirectoryAsync(".", recursive: true, TestTimeout.Token);
    }

    public override async Task DisposeAsync()
    {
        await _sandbox.TerminateAsync(TestTimeout.Token);
        await base.DisposeAsync();
    }

    [Theory]
    [InlineData("/work", ".", "/work")]
    [InlineData("/work", "a/./b//c", "/work/a/b/c")]
    [InlineData("/work", "../../../etc/passwd", "/etc/passwd")]
    [InlineData("/work", "/other/../x/", "/x")]
    [InlineData("/", "a", "/a")]
    [InlineData("/", "..", "/")]
    public void GetFullPath_OfAPath_IsAbsoluteAndNormalised(string directory, string path, string expected) =>
        Assert.Equal(expected, _sandbox.OpenShell(directory).GetFullPath(path));

    [Fact]
    public void OpenShell_DirectoryIsRelative_SaysSo()
    {
        var exception = Assert.Throws<ArgumentException>(() => _sandbox.OpenShell("work"));

        Assert.Contains("'work'", exception.Message, StringComparison.Ordinal);
        Assert.Equal("workingDirectory", exception.ParamName);
    }

    [Fact]
    public async Task ExecuteAsync_CommandLine_RunsInTheWorkingDirectory()
    {
        await _shell.CreateDirectoryAsync("sub", cancellationToken: TestTimeout.Token);

        Assert.Equal("/work\n", (await _shell.ExecuteAsync("pwd", TestTimeout.Token)).StandardOutput);
        Assert.Equal("/work/sub\n", (await RunAsync("pwd", static command => command with { WorkingDirectory = "sub" })).StandardOutput);
        Assert.Equal("/\n", (await RunAsync("pwd", static command => command with { WorkingDirectory = ".." })).StandardOutput);
    }

    [Fact]
    public async Task ExecuteAsync_Variables_ReachTheCommandAndThePathStays()
    {
        var path = (await _sandbox.ExecuteAsync("echo $PATH", TestTimeout.Token)).StandardOutput;

        var result = await RunAsync(
            "echo $GREETING; echo $PATH; exit 3",
            static command => command with { EnvironmentVariables = new Dictionary<string, string> { ["GREETING"] = "a 'b' $c" } });

        Assert.Equal((3, $"a 'b' $c\n{path}"), (result.ExitCode, result.StandardOutput));
    }

    [Fact]
    public async Task ExecuteAsync_FractionalTimeLimit_EndsTheCommandAndKeepsItsOutput()
    {
        var result = await RunAsync("echo before; echo warned >&2; sleep 600", static command => command with { Timeout = TimeSpan.FromSeconds(1.5) });

        Assert.True(result.TimedOut);
        Assert.Equal(("before\n", "warned\n"), (result.StandardOutput, result.StandardError));
        Assert.Equal("alive\n", (await _shell.ExecuteAsync("echo alive", TestTimeout.Token)).StandardOutput);
    }

    [Fact]
    public async Task WriteAndRead_RelativePaths_ShareFilesWithCommands()
    {
        byte[] bytes = [0, 255, 10, 13, 128];

        await _shell.WriteAllTextAsync("deep/er/text.txt", "zeile\nünï", TestTimeout.Token);
        await _shell.WriteAllBytesAsync("bytes", bytes, TestTimeout.Token);

        Assert.Equal("zeile\nünï", await _shell.ReadAllTextAsync("/work/deep/er/text.txt", TestTimeout.Token));
        Assert.Equal(bytes, await _shell.ReadAllBytesAsync("deep/../bytes", TestTimeout.Token));
        Assert.Equal("zeile\nünï", (await _shell.ExecuteAsync("cat deep/er/text.txt", TestTimeout.Token)).StandardOutput);
        await Assert.ThrowsAsync<ModalFileNotFoundException>(() => _shell.ReadAllTextAsync("missing", TestTimeout.Token));
        await Assert.ThrowsAsync<ModalIsADirectoryException>(() => _shell.ReadAllBytesAsync("deep", TestTimeout.Token));
    }

    [Fact]
    public async Task Write_ThroughLinks_WritesTheFileThatTheyLeadTo()
    {
        await ShellAsync("mkdir -p real/sub; echo old > real/file; ln -s real/sub to-sub; ln -s ../file real/sub/up; ln -s to-sub/up chain");
        await ShellAsync("ln -s /work/real/new dangling; ln -s circle circle");

        await _shell.WriteAllTextAsync("chain", "first", TestTimeout.Token);
        await _shell.WriteAllBytesAsync("dangling", Encoding.UTF8.GetBytes("second"), TestTimeout.Token);

        await Assert.ThrowsAsync<ModalFileNotFoundException>(() => _shell.WriteAllTextAsync("circle", "third", TestTimeout.Token));
        Assert.Equal("first second", await ShellAsync("cat real/file; printf ' '; cat real/new"));
        Assert.Equal("to-sub/up\n/work/real/new\n", await ShellAsync("readlink chain dangling"));
    }

    [Fact]
    public async Task GetInfoAsync_OfALink_TellsWhatItLeadsTo()
    {
        await ShellAsync("mkdir dir; printf 12345 > file; ln -s file link; ln -s /work/link second; ln -s dir to-dir; ln -s nowhere dangling; ln -s circle circle");

        var file = await _shell.GetInfoAsync("file", TestTimeout.Token);
        var link = await _shell.GetInfoAsync("second", TestTimeout.Token);
        var directory = await _shell.GetInfoAsync("to-dir", TestTimeout.Token);
        var root = await _shell.GetInfoAsync("/", TestTimeout.Token);

        Assert.Equal(("file", "/work/file", ModalFileType.File, 5, null), (file.Name, file.Path, file.Type, file.Size, file.LinkTarget));
        Assert.Equal(file with { Name = "second", Path = "/work/second", LinkTarget = "/work/link" }, link);
        Assert.Equal((ModalFileType.Directory, "dir"), (directory.Type, directory.LinkTarget));
        Assert.Equal(("/", ModalFileType.Directory), (root.Path, root.Type));
        Assert.Contains("/work/nowhere", await NotFoundAsync("dangling"), StringComparison.Ordinal);
        Assert.Contains("in a circle", await NotFoundAsync("circle"), StringComparison.Ordinal);
        Assert.Contains("/work/missing", await NotFoundAsync("missing"), StringComparison.Ordinal);

        async Task<string> NotFoundAsync(string path) =>
            (await Assert.ThrowsAsync<ModalFileNotFoundException>(() => _shell.GetInfoAsync(path, TestTimeout.Token))).Message;
    }

    [Fact]
    public async Task ExistsAsync_WhateverIsThere_NeverThrows()
    {
        await ShellAsync("mkdir dir; touch file; ln -s file link; ln -s nowhere dangling; ln -s circle circle");

        Assert.True(await _shell.ExistsAsync("dir", TestTimeout.Token));
        Assert.True(await _shell.ExistsAsync("link", TestTimeout.Token));
        Assert.False(await _shell.ExistsAsync("dangling", TestTimeout.Token));
        Assert.False(await _shell.ExistsAsync("circle", TestTimeout.Token));
        Assert.False(await _shell.ExistsAsync("file/below", TestTimeout.Token));
        Assert.False(await _shell.ExistsAsync("missing", TestTimeout.Token));
    }

    [Fact]
    public async Task ExistsAsync_SandboxHasEnded_Throws()
    {
        await _sandbox.TerminateAsync(TestTimeout.Token);

        var exception = await Assert.ThrowsAnyAsync<ModalException>(() => _shell.ExistsAsync("file", TestTimeout.Token));

        Assert.IsNotType<ModalFileException>(exception, exactMatch: false);
    }

    [Fact]
    public async Task ListAsync_OfADirectory_GivesNamesAlone()
    {
        await ShellAsync("mkdir dir; touch dir/b 'dir/a b' dir/.hidden; touch \"dir/$(printf 'c\\nd')\"; ln -s dir link");

        Assert.Equal([".hidden", "a b", "b", "c\nd"], await _shell.ListAsync("link", TestTimeout.Token));
        await Assert.ThrowsAsync<ModalNotADirectoryException>(() => _shell.ListAsync("dir/b", TestTimeout.Token));
        await Assert.ThrowsAsync<ModalFileNotFoundException>(() => _shell.ListAsync("missing", TestTimeout.Token));
    }

    [Fact]
    public async Task CreateDirectoryAsync_MissingOrPresent_IsAsRecursiveSays()
    {
        await Assert.ThrowsAsync<ModalFileNotFoundException>(() => _shell.CreateDirectoryAsync("a/b", cancellationToken: TestTimeout.Token));
        await _shell.CreateDirectoryAsync("a/b", recursive: true, TestTimeout.Token);
        await _shell.CreateDirectoryAsync("a/b", recursive: true, TestTimeout.Token);
        await Assert.ThrowsAsync<ModalPathAlreadyExistsException>(() => _shell.CreateDirectoryAsync("a/b", cancellationToken: TestTimeout.Token));
    }

    [Fact]
    public async Task DeleteAsync_RecursiveAndForce_AreWhatTheySay()
    {
        await ShellAsync("mkdir -p dir/sub; touch dir/sub/file kept; ln -s ../kept dir/link");

        await Assert.ThrowsAsync<ModalDirectoryNotEmptyException>(() => _shell.DeleteAsync("dir", force: true, cancellationToken: TestTimeout.Token));
        await _shell.DeleteAsync("dir", recursive: true, cancellationToken: TestTimeout.Token);
        await Assert.ThrowsAsync<ModalFileNotFoundException>(() => _shell.DeleteAsync("dir", recursive: true, cancellationToken: TestTimeout.Token));
        await _shell.DeleteAsync("dir", recursive: true, force: true, TestTimeout.Token);

        Assert.Equal(["kept"], await _shell.ListAsync(".", TestTimeout.Token));
    }

    [Theory]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("/")]
    [InlineData("/work")]
    public async Task DeleteAsync_TheWorkingDirectoryOrOneAbove_IsRefused(string path)
    {
        await _shell.WriteAllTextAsync("file", "x", TestTimeout.Token);

        await Assert.ThrowsAsync<ArgumentException>(() => _shell.DeleteAsync(path, recursive: true, force: true, TestTimeout.Token));

        Assert.True(await _shell.ExistsAsync("file", TestTimeout.Token));
    }

    [Fact]
    public async Task Paths_ThatLookLikeShell_AreNames()
    {
        const string Name = "$(touch x); 'q' \"d\" *\n-";

        await _shell.WriteAllTextAsync(Name, "text", TestTimeout.Token);

        Assert.Equal([Name], await _shell.ListAsync(".", TestTimeout.Token));
        Assert.Equal("text", await _shell.ReadAllTextAsync(Name, TestTimeout.Token));
        await _shell.DeleteAsync(Name, cancellationToken: TestTimeout.Token);
        Assert.Empty(await _shell.ListAsync(".", TestTimeout.Token));
    }

    [Fact]
    public async Task OpenShell_OfALease_GoesToTheSandboxThatTookThePlace()
    {
        await using var services = new ServiceCollection()
            .AddModalSandbox(static options => options.InitialFiles["/app/greeting"] = "hello")
            .ConfigureClient(options =>
            {
                (options.ServerUrl, options.TokenId, options.TokenSecret) = (Fixture.Emulator.ServerUrl, "ak-test", "as-test");
                (options.UseEnvironmentVariables, options.UseConfigurationFile) = (false, false);
            })
            .Services.BuildServiceProvider();
        var lease = await services.GetRequiredService<IModalSandboxFactory>().AcquireAsync(TestTimeout.Token);
        var shell = lease.OpenShell("/app");
        await shell.WriteAllTextAsync("later", "x", TestTimeout.Token);

        await lease.DestroyAsync(TestTimeout.Token);
        await lease.StartAsync(TestTimeout.Token);

        Assert.Equal(["greeting"], await shell.ListAsync(".", TestTimeout.Token));
        await lease.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => shell.ListAsync(".", TestTimeout.Token));
    }

    private Task<ModalCommandResult> RunAsync(string commandLine, Func<ModalCommand, ModalCommand> configure) =>
        _shell.ExecuteAsync(configure(ModalCommand.Shell(commandLine)), TestTimeout.Token);

    private async Task<string> ShellAsync(string commandLine) => (await _shell.ExecuteAsync(commandLine, TestTimeout.Token)).EnsureSuccess().StandardOutput;
}
