using System.Security.Cryptography;
using System.Text;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Tools.Behaviours;

/// <summary>What other frameworks count on in a sandbox that they drive without a model.</summary>
public sealed class ShellBehaviourTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    private ModalSandbox _sandbox = null!;
    private IModalSandboxShell _shell = null!;

    public override async Task InitializeAsync()
    {
        _sandbox = await Client.Sandboxes.CreateAsync(new ModalSandboxCreateOptions { AppName = "tests", WorkingDirectory = "/work" }, TestTimeout.Token);
        _shell = _sandbox.OpenShell("/work");
    }

    public override async Task DisposeAsync()
    {
        await _sandbox.TerminateAsync(TestTimeout.Token);
        await base.DisposeAsync();
    }

    [Fact]
    public async Task Execute_ArgumentsOfEveryCharacter_AreTakenAsTheyAre()
    {
        var all = string.Concat(Enumerable.Range(1, 127).Select(static code => (char)code)) + "äß€🙂 $() `quoted`; && ";

        var result = await _shell.ExecuteAsync(ModalCommand.Create("printf", "%s|", all, "", "-n", "*", all), TestTimeout.Token);

        Assert.Equal((0, $"{all}||-n|*|{all}|"), (result.ExitCode, result.StandardOutput));
    }

    [Fact]
    public async Task Execute_InputOfAProgramThatReads_IsAtItsEnd()
    {
        Assert.Equal("eof", (await _shell.ExecuteAsync("read value || printf eof", TestTimeout.Token)).StandardOutput);
    }

    [Fact]
    public async Task Execute_ProgramThatIsMissing_Is127AndNoException()
    {
        Assert.Equal(127, (await _shell.ExecuteAsync(ModalCommand.Create("no-such-program-here"), TestTimeout.Token)).ExitCode);
        Assert.Equal(127, (await _shell.ExecuteAsync("no-such-program-here", TestTimeout.Token)).ExitCode);
    }

    [Fact]
    public async Task Execute_DirectoryThatIsMissing_RunsNothing()
    {
        var failure = await Record.ExceptionAsync(
            () => _shell.ExecuteAsync(ModalCommand.Shell("touch /tmp/ran") with { WorkingDirectory = "gone" }, TestTimeout.Token));

        var exception = Assert.IsType<ModalException>(failure, exactMatch: false);
        Assert.Contains("/work/gone", exception.Message, StringComparison.Ordinal);
        Assert.False(await _shell.ExistsAsync("/tmp/ran", TestTimeout.Token));
    }

    [Fact]
    public async Task Execute_WorkingDirectory_IsWhereItSays()
    {
        Assert.Equal("/work\n", (await _shell.ExecuteAsync("pwd -P", TestTimeout.Token)).StandardOutput);
        Assert.Equal("/\n", (await _shell.ExecuteAsync(ModalCommand.Shell("pwd -P") with { WorkingDirectory = "/" }, TestTimeout.Token)).StandardOutput);
    }

    [Fact]
    public async Task Execute_ShortTimeLimit_EndsItAndKeepsBothOutputs()
    {
        var result = await _shell.ExecuteAsync(ModalCommand.Shell("echo out; echo err >&2; sleep 600") with { Timeout = TimeSpan.FromSeconds(1) }, TestTimeout.Token);

        Assert.True(result is { TimedOut: true, IsSuccess: false });
        Assert.Equal(("out\n", "err\n"), (result.StandardOutput, result.StandardError));
    }

    [Fact]
    public async Task Execute_Cancelled_EndsThatCommandAlone()
    {
        using var cancellation = new CancellationTokenSource();
        var other = _shell.ExecuteAsync("until [ -e go ]; do sleep 0.05; done; echo over", TestTimeout.Token);

        var call = _shell.ExecuteAsync("echo $$ >pid; exec sleep 600", cancellation.Token);
        await _shell.ExecuteAsync("until [ -s pid ]; do sleep 0.05; done", TestTimeout.Token);
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await _shell.ExecuteAsync("while kill -0 $(cat pid) 2>/dev/null; do sleep 0.05; done; touch go", TestTimeout.Token);
        Assert.Equal("over\n", (await other).StandardOutput);
    }

    [Fact]
    public async Task Files_ManyUpAndDown_SucceedOneByOneInTheirOrder()
    {
        await _shell.ExecuteAsync("mkdir directory; touch file", TestTimeout.Token);
        string[] paths = ["a", "deep/er/b", "directory", "file/below", "with space/c", "d"];

        var written = await Task.WhenAll(paths.Select(path => OutcomeAsync(async () =>
        {
            await _shell.WriteAllBytesAsync(path, Encoding.UTF8.GetBytes($"content of {path}"), TestTimeout.Token);
            return "written";
        })));
        var read = await Task.WhenAll(paths.Append("missing").Select(path => OutcomeAsync(() => _shell.ReadAllTextAsync(path, TestTimeout.Token))));

        Assert.Equal(["written", "written", nameof(ModalIsADirectoryException), nameof(ModalNotADirectoryException), "written", "written"], written);
        Assert.Equal(
            [
                "content of a", "content of deep/er/b", nameof(ModalIsADirectoryException), nameof(ModalNotADirectoryException), "content of with space/c", "content of d",
                nameof(ModalFileNotFoundException),
            ],
            read);
    }

    [Fact]
    public async Task Files_AnyBytes_ComeBackAndAreThoseThatCommandsSee()
    {
        byte[][] contents = [[], Enumerable.Range(0, 256).Select(static value => (byte)value).ToArray(), "special \n\t\r\0"u8.ToArray(), RandomNumberGenerator.GetBytes(10 * 1024 * 1024)];
        foreach (var content in contents)
        {
            await _shell.WriteAllBytesAsync("file", content, TestTimeout.Token);

            var read = await _shell.ReadAllBytesAsync("file", TestTimeout.Token);
            Assert.True(read.AsSpan().SequenceEqual(content));
            Assert.Equal(content.Length, (await _shell.GetInfoAsync("file", TestTimeout.Token)).Size);
            Assert.StartsWith(Convert.ToHexStringLower(SHA256.HashData(content)), (await _shell.ExecuteAsync("sha256sum file", TestTimeout.Token)).StandardOutput, StringComparison.Ordinal);
        }

        await _shell.ExecuteAsync("printf 'from a command' >file", TestTimeout.Token);
        Assert.Equal("from a command", await _shell.ReadAllTextAsync("file", TestTimeout.Token));
    }

    [Fact]
    public async Task Files_FileInThePlaceOfADirectory_IsSaid()
    {
        await _shell.WriteAllTextAsync("file", "text", TestTimeout.Token);

        await Assert.ThrowsAsync<ModalNotADirectoryException>(() => _shell.WriteAllTextAsync("file/child", "x", TestTimeout.Token));
        await Assert.ThrowsAnyAsync<ModalFileException>(() => _shell.CreateDirectoryAsync("file/child", recursive: true, TestTimeout.Token));
        await Assert.ThrowsAsync<ModalPathAlreadyExistsException>(() => _shell.CreateDirectoryAsync("file", recursive: true, TestTimeout.Token));
        await Assert.ThrowsAsync<ModalPathAlreadyExistsException>(() => _shell.CreateDirectoryAsync("file", cancellationToken: TestTimeout.Token));
        await Assert.ThrowsAsync<ModalNotADirectoryException>(() => _shell.ListAsync("file", TestTimeout.Token));
        await Assert.ThrowsAsync<ModalIsADirectoryException>(() => _shell.WriteAllTextAsync(".", "x", TestTimeout.Token));
        Assert.Equal("text", await _shell.ReadAllTextAsync("file", TestTimeout.Token));
    }

    [Fact]
    public async Task Files_PathThatIsMissing_IsSaidByAll()
    {
        await Assert.ThrowsAsync<ModalFileNotFoundException>(() => _shell.ReadAllBytesAsync("gone", TestTimeout.Token));
        await Assert.ThrowsAsync<ModalFileNotFoundException>(() => _shell.GetInfoAsync("gone", TestTimeout.Token));
        await Assert.ThrowsAsync<ModalFileNotFoundException>(() => _shell.ListAsync("gone", TestTimeout.Token));
        await Assert.ThrowsAsync<ModalFileNotFoundException>(() => _shell.DeleteAsync("gone", cancellationToken: TestTimeout.Token));
        Assert.False(await _shell.ExistsAsync("gone", TestTimeout.Token));
    }

    [Fact]
    public async Task Files_PipeWithoutAWriter_HoldsUpNobody()
    {
        await _shell.ExecuteAsync("mkfifo pipe; ln -s pipe link", TestTimeout.Token);

        foreach (var path in new[] { "pipe", "link" })
        {
            Assert.IsType<ModalException>(await Record.ExceptionAsync(() => _shell.ReadAllBytesAsync(path, TestTimeout.Token)), exactMatch: false);
        }

        Assert.Equal(["link", "pipe"], await _shell.ListAsync(".", TestTimeout.Token));
        Assert.True(await _shell.ExistsAsync("pipe", TestTimeout.Token));
    }

    [Fact]
    public async Task Files_LinksOfAllKinds_AreListedAndFollowed()
    {
        await _shell.ExecuteAsync("mkdir -p target a/b; ln -s target link; ln -s loop loop; ln -s gone dangling; ln -s ../out a/up; ln -s b a/rel; echo x >a/b/file", TestTimeout.Token);

        Assert.Equal(["a", "dangling", "link", "loop", "target"], await _shell.ListAsync(".", TestTimeout.Token));
        Assert.Equal(ModalFileType.Directory, (await _shell.GetInfoAsync("link", TestTimeout.Token)).Type);
        Assert.Equal("x\n", await _shell.ReadAllTextAsync("a/rel/file", TestTimeout.Token));
        await _shell.WriteAllTextAsync("a/rel/file", "y", TestTimeout.Token);
        await _shell.WriteAllTextAsync("a/up", "z", TestTimeout.Token);
        Assert.Equal("y z b\n", (await _shell.ExecuteAsync("echo $(cat a/b/file) $(cat out) $(readlink a/rel)", TestTimeout.Token)).StandardOutput);
        await _shell.DeleteAsync("link", recursive: true, cancellationToken: TestTimeout.Token);
        await _shell.DeleteAsync("loop", cancellationToken: TestTimeout.Token);
        await _shell.DeleteAsync("dangling", cancellationToken: TestTimeout.Token);
        Assert.Equal(["a", "out", "target"], await _shell.ListAsync(".", TestTimeout.Token));
    }

    [Fact]
    public async Task Shell_OfAnotherClient_SeesTheSameSandbox()
    {
        await _shell.WriteAllTextAsync("file", "shared", TestTimeout.Token);
        await using var client = Fixture.CreateClient();
        await using var sandbox = client.Sandboxes.Get(_sandbox.Id);
        var other = sandbox.OpenShell("/work");

        Assert.Equal("shared", await other.ReadAllTextAsync("file", TestTimeout.Token));
        Assert.Equal("shared", (await other.ExecuteAsync("cat file", TestTimeout.Token)).StandardOutput);
        await _sandbox.TerminateAsync(TestTimeout.Token);
        await _sandbox.WaitAsync(TestTimeout.Token);

        await Assert.ThrowsAnyAsync<ModalException>(() => other.ExecuteAsync("true", TestTimeout.Token));
        await Assert.ThrowsAnyAsync<ModalException>(() => other.ReadAllTextAsync("file", TestTimeout.Token));
    }

    /// <summary>What came back, or how it failed.</summary>
    private static async Task<string> OutcomeAsync(Func<Task<string>> action)
    {
        try
        {
            return await action();
        }
        catch (ModalFileException exception)
        {
            return exception.GetType().Name;
        }
    }
}
