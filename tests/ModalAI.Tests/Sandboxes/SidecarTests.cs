using ModalAI.TestSupport;
using static ModalAI.TestSupport.Failure;

#pragma warning disable MODALAI002 // Sidecars are what is tested.

namespace ModalAI.Tests.Sandboxes;

public sealed class SidecarTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    private ModalImage? _image;

    public override async Task InitializeAsync()
    {
        var app = await Client.Apps.GetAsync("tests", createIfMissing: true, cancellationToken: TestTimeout.Token);
        _image = await Client.Images.BuildAsync(ModalImage.FromRegistry("alpine:3.20"), app, TestTimeout.Token);
    }

    [Theory]
    [InlineData(true, true, "SandboxContainerCreateV2")]
    [InlineData(true, false, "TaskContainerCreate")]
    [InlineData(false, true, "TaskContainerCreate")]
    public async Task Create_OnEitherBackend_RunsCommandsInItsOwnPlace(bool useV2, bool throughControlPlane, string rpc)
    {
        await using var client = Fixture.CreateClient(options =>
        {
            options.UseV2 = useV2;
            options.UseControlPlaneSidecarCreate = throughControlPlane;
        });
        await using var lifetime = new SandboxLifetime(await client.Sandboxes.CreateAsync(
            new() { AppName = "tests", EnvironmentVariables = new Dictionary<string, string> { ["OF_SANDBOX"] = "x" } }, TestTimeout.Token));
        var before = Fixture.Emulator.Ledger.RpcCounts.GetValueOrDefault(rpc);

        var sidecar = await lifetime.Sandbox.Sidecars.CreateAsync(
            Options("worker") with
            {
                WorkingDirectory = "/made",
                EnvironmentVariables = new Dictionary<string, string> { ["OWN"] = "1" },
                Secrets = [ModalSecret.FromName("warehouse-credentials"), ModalSecret.FromValues([new("INLINE", "2")])],
                MemoryMiB = 64,
            },
            TestTimeout.Token);
        var result = await sidecar.ExecuteAsync("echo $OWN$INLINE-$WAREHOUSE_USER-$OF_SANDBOX; pwd", TestTimeout.Token);

        Assert.Equal("12-reader-\n/made\n", result.StandardOutput);
        Assert.Equal(before + 1, Fixture.Emulator.Ledger.RpcCounts.GetValueOrDefault(rpc));
        Assert.StartsWith("ctr-", sidecar.Id, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Create_WithATerminal_RunsItsCommandOnIt(bool throughControlPlane)
    {
        await using var client = Fixture.CreateClient(options => options.UseControlPlaneSidecarCreate = throughControlPlane);
        await using var lifetime = new SandboxLifetime(await client.Sandboxes.CreateAsync(new() { AppName = "tests" }, TestTimeout.Token));

        var sidecar = await lifetime.Sandbox.Sidecars.CreateAsync(
            Options("terminal") with { Command = ["sh", "-c", "test -t 0 && test -t 1 && test $TERM = vt100"], Pty = new() { Term = "vt100" } },
            TestTimeout.Token);

        Assert.Equal(0, (await sidecar.WaitAsync(TimeSpan.FromMinutes(1), TestTimeout.Token)).ExitCode);
    }

    [Fact]
    public async Task Create_WithAProxy_IsAcceptedWhereTheProxyIsKnown()
    {
        await using var lifetime = await CreateSandboxAsync();
        var proxy = await Client.Proxies.GetAsync("static", cancellationToken: TestTimeout.Token);

        await lifetime.Sandbox.Sidecars.CreateAsync(Options("proxied") with { Proxy = proxy }, TestTimeout.Token);

        await using var direct = Fixture.CreateClient(options => options.UseControlPlaneSidecarCreate = false);
        await FailsAsync(
            ModalErrorCode.InvalidArgument,
            "ModalSidecarCreateOptions.Proxy",
            direct.Sandboxes.Get(lifetime.Sandbox.Id).Sidecars.CreateAsync(Options("refused") with { Proxy = proxy }, TestTimeout.Token));
    }

    [Fact]
    public async Task Files_OfASidecar_AreNotThoseOfTheSandbox()
    {
        await using var lifetime = await CreateSandboxAsync();
        var sidecar = await lifetime.Sandbox.Sidecars.CreateAsync(Options("files"), TestTimeout.Token);

        await sidecar.Files.WriteAllTextAsync("/note", "in the sidecar", TestTimeout.Token);

        Assert.Equal("in the sidecar", await sidecar.Files.ReadAllTextAsync("/note", cancellationToken: TestTimeout.Token));
        await Assert.ThrowsAsync<ModalFileNotFoundException>(() => lifetime.Sandbox.Files.ReadAllTextAsync("/note", cancellationToken: TestTimeout.Token));
    }

    [Fact]
    public async Task StartProcess_InASidecar_HasStreamsAndIsKilledThere()
    {
        await using var lifetime = await CreateSandboxAsync();
        var sidecar = await lifetime.Sandbox.Sidecars.CreateAsync(Options("streams"), TestTimeout.Token);
        await using var process = await sidecar.StartProcessAsync(ModalCommand.Create("cat"), TestTimeout.Token);

        await process.StandardInput.WriteAsync("hello"u8.ToArray(), TestTimeout.Token);
        var buffer = new byte[5];
        await process.StandardOutput.ReadExactlyAsync(buffer, TestTimeout.Token);

        Assert.Equal("hello"u8.ToArray(), buffer);
        Assert.True(await process.KillAsync(TestTimeout.Token));
        Assert.Equal(137, await process.WaitForExitAsync(TestTimeout.Token));
    }

    [Fact]
    public async Task Execute_CancelledInASidecar_LeavesNoProcessThere()
    {
        await using var lifetime = await CreateSandboxAsync();
        var sidecar = await lifetime.Sandbox.Sidecars.CreateAsync(Options("cancelled"), TestTimeout.Token);
        using var cancellation = new CancellationTokenSource();
        var running = sidecar.ExecuteAsync("sleep 4343", cancellation.Token);
        while ((await sidecar.ExecuteAsync("grep -lsz '^4343$' /proc/[0-9]*/cmdline | grep -q .", TestTimeout.Token)).ExitCode != 0)
        {
        }

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.NotEqual(0, (await sidecar.ExecuteAsync("grep -lsz '^4343$' /proc/[0-9]*/cmdline | grep -q .", TestTimeout.Token)).ExitCode);
    }

    [Fact]
    public async Task Command_ThatEnds_EndsTheSidecarAndNotTheSandbox()
    {
        await using var lifetime = await CreateSandboxAsync();
        var sidecar = await lifetime.Sandbox.Sidecars.CreateAsync(Options("short") with { Command = ["sh", "-c", "exit 9"] }, TestTimeout.Token);

        var exit = await sidecar.WaitAsync(TimeSpan.FromMinutes(1), TestTimeout.Token);

        Assert.Equal((ModalSandboxStatus.Failure, 9), (exit.Status, exit.ExitCode));
        Assert.Equal(exit, await sidecar.PollAsync(TestTimeout.Token));
        Assert.Null(await lifetime.Sandbox.PollAsync(TestTimeout.Token));
        await FailsAsync(ModalErrorCode.NotFound, "'short'", lifetime.Sandbox.Sidecars.GetAsync("short", cancellationToken: TestTimeout.Token));
        var kept = await lifetime.Sandbox.Sidecars.GetAsync("short", includeTerminated: true, TestTimeout.Token);
        Assert.Equal(exit, await kept.PollAsync(TestTimeout.Token));
    }

    [Fact]
    public async Task Terminate_EndsTheSidecarAndFreesItsName()
    {
        await using var lifetime = await CreateSandboxAsync();
        var sidecar = await lifetime.Sandbox.Sidecars.CreateAsync(Options("stopped"), TestTimeout.Token);
        Assert.Null(await sidecar.PollAsync(TestTimeout.Token));

        var exit = await sidecar.TerminateAndWaitAsync(cancellationToken: TestTimeout.Token);
        await sidecar.TerminateAsync(TestTimeout.Token);

        Assert.Equal((ModalSandboxStatus.Terminated, 137), (exit.Status, exit.ExitCode));
        await FailsAsync(ModalErrorCode.SandboxEnded, sidecar.Id, sidecar.ExecuteAsync("true", TestTimeout.Token));
        await lifetime.Sandbox.Sidecars.CreateAsync(Options("stopped"), TestTimeout.Token);
        Assert.Equal(2, (await lifetime.Sandbox.Sidecars.ListAsync(includeTerminated: true, TestTimeout.Token)).Count);
        Assert.Equal("stopped", Assert.Single(await lifetime.Sandbox.Sidecars.ListAsync(cancellationToken: TestTimeout.Token)).Name);
    }

    [Fact]
    public async Task Wait_BeyondItsDeadline_TimesOutAndLeavesTheSidecarRunning()
    {
        await using var lifetime = await CreateSandboxAsync();
        var sidecar = await lifetime.Sandbox.Sidecars.CreateAsync(Options("slow"), TestTimeout.Token);

        await FailsAsync(ModalErrorCode.Timeout, "'slow'", sidecar.WaitAsync(TimeSpan.FromMilliseconds(50), TestTimeout.Token));
        Assert.Null(await sidecar.PollAsync(TestTimeout.Token));
    }

    [Fact]
    public async Task Create_OfTakenOrMissingThings_SaysWhich()
    {
        await using var lifetime = await CreateSandboxAsync();
        var sidecars = lifetime.Sandbox.Sidecars;
        await sidecars.CreateAsync(Options("taken"), TestTimeout.Token);

        await FailsAsync(ModalErrorCode.AlreadyExists, "'taken'", sidecars.CreateAsync(Options("taken"), TestTimeout.Token));
        await FailsAsync(
            ModalErrorCode.NotFound, "image", sidecars.CreateAsync(Options("a") with { Image = ModalImage.FromId("im-0000000000000000000000") }, TestTimeout.Token));
        await FailsAsync(ModalErrorCode.NotFound, "'nobody'", sidecars.GetAsync("nobody", cancellationToken: TestTimeout.Token));
        Assert.Single(await sidecars.ListAsync(cancellationToken: TestTimeout.Token));
    }

    [Fact]
    public async Task Create_WithAnInvalidOption_NamesIt()
    {
        await using var lifetime = await CreateSandboxAsync();
        var twice = new Dictionary<string, ModalVolumeMount>
        {
            ["/a"] = new() { Name = "one", CreateIfMissing = true, SubPath = "a" },
            ["/b"] = new() { Name = "one", CreateIfMissing = true, SubPath = "b" },
        };
        var invalid = new (string Name, ModalSidecarCreateOptions Options)[]
        {
            ("Name", Options("main")),
            ("Name", Options("")),
            ("Name", Options("no blanks")),
            ("Image", Options("a") with { Image = ModalImage.FromRegistry("not-built") }),
            ("WorkingDirectory", Options("a") with { WorkingDirectory = "relative" }),
            ("Command", Options("a") with { Command = [new string('x', 65537)] }),
            ("MemoryMiB", Options("a") with { MemoryMiB = 0 }),
            ("Pty", Options("a") with { Pty = new() { Rows = 0 } }),
            ("EnvironmentVariables", Options("a") with { EnvironmentVariables = new Dictionary<string, string> { ["1X"] = "" } }),
            ("Volumes", Options("a") with { Volumes = twice }),
        };
        foreach (var (name, options) in invalid)
        {
            var message = await FailsAsync(ModalErrorCode.InvalidArgument, $"ModalSidecarCreateOptions.{name}", lifetime.Sandbox.Sidecars.CreateAsync(options, TestTimeout.Token));
            Assert.False(message.EndsWith("..", StringComparison.Ordinal), message);
        }

        await FailsAsync(ModalErrorCode.InvalidArgument, "'main'", lifetime.Sandbox.Sidecars.GetAsync("main", cancellationToken: TestTimeout.Token));
        Assert.Empty(await lifetime.Sandbox.Sidecars.ListAsync(includeTerminated: true, TestTimeout.Token));
        await Client.Volumes.DeleteAsync("one", cancellationToken: TestTimeout.Token);
    }

    [Fact]
    public async Task Create_Cancelled_LeavesNoSidecarRunning()
    {
        await using var lifetime = await CreateSandboxAsync();
        using var cancellation = new CancellationTokenSource();
        var client = Fixture.CreateClient();
        var creation = client.Sandboxes.Get(lifetime.Sandbox.Id).Sidecars.CreateAsync(Options("unwanted"), cancellation.Token);
        await cancellation.CancelAsync();
        try
        {
            await (await creation).TerminateAsync(TestTimeout.Token);
        }
        catch (OperationCanceledException)
        {
        }

        // Waits for what the client still ends.
        await client.DisposeAsync();

        Assert.Empty(await lifetime.Sandbox.Sidecars.ListAsync(cancellationToken: TestTimeout.Token));
    }

    [Fact]
    public async Task Detached_Sandbox_TakesNoOperationsOfItsSidecars()
    {
        await using var lifetime = await CreateSandboxAsync();
        var handle = Client.Sandboxes.Get(lifetime.Sandbox.Id);
        var sidecar = await handle.Sidecars.CreateAsync(Options("left"), TestTimeout.Token);

        await handle.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => sidecar.ExecuteAsync("true", TestTimeout.Token));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => sidecar.TerminateAsync(TestTimeout.Token));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => handle.Sidecars.ListAsync(cancellationToken: TestTimeout.Token));
        Assert.Single(await lifetime.Sandbox.Sidecars.ListAsync(cancellationToken: TestTimeout.Token));
    }

    private ModalSidecarCreateOptions Options(string name) => new() { Name = name, Image = _image! };
}
