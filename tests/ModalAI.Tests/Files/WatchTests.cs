using ModalAI.TestSupport;

namespace ModalAI.Tests.Files;

public sealed class WatchTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    private const string Canary = "/w/.canary";

    [Fact]
    public async Task Watch_Recursively_TellsWhatHappens()
    {
        await using var lifetime = await CreateSandboxAsync();
        await lifetime.Sandbox.Files.CreateDirectoryAsync("/w/sub", cancellationToken: TestTimeout.Token);

        var changes = await WatchAsync(
            lifetime.Sandbox,
            new ModalWatchOptions { Recursive = true },
            "echo x >'/w/new ü' && mv '/w/new ü' /w/sub/file && echo y >>/w/sub/file && mv /w/sub/file /out && mkdir /w/d && rmdir /w/d && : >/w/last",
            change => change is { Type: ModalFileChangeType.Created, Paths: ["/w/last"] });

        Assert.Contains((ModalFileChangeType.Created, "/w/new ü"), changes);
        Assert.Contains((ModalFileChangeType.Renamed, "/w/new ü > /w/sub/file"), changes);
        Assert.Contains((ModalFileChangeType.Modified, "/w/sub/file"), changes);
        Assert.Contains((ModalFileChangeType.Accessed, "/w/sub/file"), changes);
        Assert.Contains((ModalFileChangeType.Renamed, "/w/sub/file"), changes);
        Assert.Contains((ModalFileChangeType.Created, "/w/d"), changes);
        Assert.Contains((ModalFileChangeType.Removed, "/w/d"), changes);
    }

    [Fact]
    public async Task Watch_WithTypes_TellsNoOthers()
    {
        await using var lifetime = await CreateSandboxAsync();
        await lifetime.Sandbox.Files.CreateDirectoryAsync("/w", cancellationToken: TestTimeout.Token);

        var changes = await WatchAsync(
            lifetime.Sandbox,
            new ModalWatchOptions { Types = [ModalFileChangeType.Created, ModalFileChangeType.Renamed] },
            "echo x >/w/a && mv /w/a /w/b && rm /w/b && : >/w/last",
            change => change is { Type: ModalFileChangeType.Created, Paths: ["/w/last"] });

        Assert.Equal(
            [(ModalFileChangeType.Created, "/w/a"), (ModalFileChangeType.Renamed, "/w/a > /w/b"), (ModalFileChangeType.Created, "/w/last")],
            changes.Where(change => !change.Paths.Contains(Canary, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Watch_TimeIsOver_EndsTheLoop()
    {
        await using var lifetime = await CreateSandboxAsync();

        await foreach (var change in lifetime.Sandbox.Files.WatchAsync("/srv", new ModalWatchOptions { Timeout = TimeSpan.FromSeconds(1) }, TestTimeout.Token))
        {
            Assert.Fail($"Nothing has changed, but {change} is told.");
        }
    }

    [Fact]
    public async Task Watch_MissingPath_IsNotFound()
    {
        await using var lifetime = await CreateSandboxAsync();

        var exception = await Assert.ThrowsAsync<ModalFileNotFoundException>(async () =>
        {
            await foreach (var _ in lifetime.Sandbox.Files.WatchAsync("/not/there", cancellationToken: TestTimeout.Token))
            {
            }
        });

        Assert.Equal("/not/there", exception.Path);
    }

    [Fact]
    public async Task Watch_Cancelled_EndsInTheSandboxToo()
    {
        await using var lifetime = await CreateSandboxAsync();
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(TestTimeout.Token);
        var watch = lifetime.Sandbox.Files.WatchAsync("/srv", cancellationToken: cancellation.Token).GetAsyncEnumerator();
        var next = watch.MoveNextAsync().AsTask();
        await WaitForCommandsAsync(1);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
        await watch.DisposeAsync();
        await WaitForCommandsAsync(0);
    }

    [Fact]
    public async Task Watch_LoopLeft_EndsInTheSandboxToo()
    {
        await using var lifetime = await CreateSandboxAsync();
        await lifetime.Sandbox.Files.CreateDirectoryAsync("/w", cancellationToken: TestTimeout.Token);

        await WatchAsync(lifetime.Sandbox, new ModalWatchOptions(), "true", _ => true);

        await WaitForCommandsAsync(0);
    }

    [Fact]
    public async Task Watch_SandboxEnds_EndsTheLoopOrSaysSo()
    {
        await using var lifetime = await CreateSandboxAsync();
        await using var watch = lifetime.Sandbox.Files.WatchAsync("/srv", cancellationToken: TestTimeout.Token).GetAsyncEnumerator();
        var next = watch.MoveNextAsync().AsTask();
        await WaitForCommandsAsync(1);

        await lifetime.Sandbox.TerminateAsync(TestTimeout.Token);

        try
        {
            Assert.False(await next);
        }
        catch (ModalException exception)
        {
            Assert.Contains(exception.Code, (ModalErrorCode[])[ModalErrorCode.SandboxEnded, ModalErrorCode.FileOperationFailed]);
        }
    }

    [Theory]
    [InlineData("relative", null)]
    [InlineData("/w", -1)]
    [InlineData("/w", 100)]
    public async Task Watch_WithAnArgumentThatCannotBe_IsRefusedAtOnce(string path, int? hours)
    {
        await using var sandbox = Client.Sandboxes.Get("sb-01ARZ3NDEKTSV4RRFFQ69G5FAV");

        var exception = Assert.Throws<ModalException>(
            () => sandbox.Files.WatchAsync(path, new ModalWatchOptions { Timeout = hours is { } value ? TimeSpan.FromHours(value) : null }, TestTimeout.Token));

        Assert.Equal(ModalErrorCode.InvalidArgument, exception.Code);
    }

    [Fact]
    public async Task ReadAllBytes_OfAFileOverTheLimit_IsRefusedWithoutReadingItAll()
    {
        await using var lifetime = await CreateSandboxAsync();
        await lifetime.Sandbox.ExecuteAsync("truncate -s 2G /huge && printf 12345 >/five", TestTimeout.Token);

        await Assert.ThrowsAsync<ModalFileTooLargeException>(() => lifetime.Sandbox.Files.ReadAllBytesAsync("/huge", 1000, TestTimeout.Token));
        await Assert.ThrowsAsync<ModalFileTooLargeException>(() => lifetime.Sandbox.Files.ReadAllBytesAsync("/five", 4, TestTimeout.Token));
        Assert.Equal(5, (await lifetime.Sandbox.Files.ReadAllBytesAsync("/five", 5, TestTimeout.Token)).Length);
    }

    /// <summary>Watches /w, runs a script as soon as the watch is seen to work, and gives what was told until it is enough.</summary>
    private static async Task<List<(ModalFileChangeType Type, string Paths)>> WatchAsync(
        ModalSandbox sandbox, ModalWatchOptions options, string script, Func<ModalFileChange, bool> isEnough)
    {
        var changes = new List<(ModalFileChangeType Type, string Paths)>();
        using var works = new CancellationTokenSource();
        var touching = TouchAsync(sandbox, works.Token);
        await foreach (var change in sandbox.Files.WatchAsync("/w", options, TestTimeout.Token))
        {
            if (!works.IsCancellationRequested)
            {
                await works.CancelAsync();
                await touching;
                Assert.Equal(0, (await sandbox.ExecuteAsync(script, TestTimeout.Token)).ExitCode);
            }

            changes.Add((change.Type, string.Join(" > ", change.Paths)));
            if (isEnough(change))
            {
                break;
            }
        }

        return changes;
    }

    private static async Task TouchAsync(ModalSandbox sandbox, CancellationToken works)
    {
        while (!works.IsCancellationRequested)
        {
            await sandbox.ExecuteAsync($"echo x >{Canary}; rm {Canary}", TestTimeout.Token);
        }
    }

    private async Task WaitForCommandsAsync(int count)
    {
        var limit = TestTimeout.Token;
        while (Fixture.Emulator.Ledger.LiveProcesses.Count != count)
        {
            await Task.Delay(5, limit);
        }
    }
}
