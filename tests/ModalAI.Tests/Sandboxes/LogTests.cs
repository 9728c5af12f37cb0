using ModalAI.TestSupport;

#pragma warning disable MODALAI002 // The logs of sidecars are tested too.

namespace ModalAI.Tests.Sandboxes;

public sealed class LogTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    private static readonly DateTimeOffset Since = DateTimeOffset.UtcNow.AddMinutes(-5);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Fetch_GivesLinesWithSourceTimeAndSandbox(bool useV2)
    {
        await using var client = Fixture.CreateClient(options => options.UseV2 = useV2);
        var sandbox = await PrintAsync(client, "echo out; echo err >&2; exit 3");

        var entries = await ToListAsync(sandbox.Logs.FetchAsync(new() { Since = Since }, TestTimeout.Token));

        Assert.Equal(["err\n", "out\n"], entries.Select(entry => entry.Text).Order());
        Assert.Equal(ModalLogSource.Error, entries.Single(entry => entry.Text == "err\n").Source);
        Assert.Equal(ModalLogSource.Output, entries.Single(entry => entry.Text == "out\n").Source);
        Assert.All(entries, entry => Assert.Equal((sandbox.Id, null), (entry.SandboxId, entry.ContainerId)));
        Assert.All(entries, entry => Assert.InRange(entry.Time, Since, DateTimeOffset.UtcNow));
    }

    [Fact]
    public async Task Fetch_BySourceTextAndTime_GivesThoseAlone()
    {
        var sandbox = await PrintAsync(Client, "echo needle one; sleep 0.1; echo hay; sleep 0.1; echo needle two; echo needle three >&2");
        var all = await TextsAsync(new() { Since = Since, Source = ModalLogSource.Output });

        Assert.Equal(["needle one\n", "hay\n", "needle two\n"], all);
        Assert.Equal(["needle one\n", "needle two\n"], await TextsAsync(new() { Since = Since, Source = ModalLogSource.Output, SearchText = "needle" }));
        Assert.Equal(["needle three\n"], await TextsAsync(new() { Since = Since, Source = ModalLogSource.Error }));
        var hay = Assert.Single(await ToListAsync(sandbox.Logs.FetchAsync(new() { Since = Since, SearchText = "hay" }, TestTimeout.Token)));
        Assert.Equal(["needle one\n"], await TextsAsync(new() { Since = Since, Until = hay.Time }));
        Assert.Equal("hay\n", (await TextsAsync(new() { Since = hay.Time }))[0]);

        async Task<List<string>> TextsAsync(ModalLogQuery query) =>
            [.. (await ToListAsync(sandbox.Logs.FetchAsync(query, TestTimeout.Token))).Select(entry => entry.Text)];
    }

    [Fact]
    public async Task Fetch_OfMoreThanComesAtOnce_LosesAndRepeatsNothing()
    {
        var sandbox = await PrintAsync(Client, "seq 1 15000; sleep 4; seq 15001 30000");

        var texts = (await ToListAsync(sandbox.Logs.FetchAsync(new() { Since = Since }, TestTimeout.Token))).Select(entry => entry.Text);

        Assert.Equal(Enumerable.Range(1, 30_000).Select(number => $"{number}\n"), texts);
    }

    [Fact]
    public async Task Fetch_OfMoreThanCanBeToldApart_SaysSo()
    {
        // Two seconds are the least that is counted, and 20000 entries the most that is given.
        var sandbox = await PrintAsync(Client, "seq 1 50000");

        var exception = await Assert.ThrowsAsync<ModalException>(() => ToListAsync(sandbox.Logs.FetchAsync(new() { Since = Since }, TestTimeout.Token)));

        Assert.Equal(ModalErrorCode.ResourceExhausted, exception.Code);
    }

    [Fact]
    public async Task Tail_GivesTheLastInOrder()
    {
        var sandbox = await PrintAsync(Client, "seq 1 5; printf unfinished");

        Assert.Equal(["5\n", "unfinished"], (await ToListAsync(sandbox.Logs.TailAsync(2, cancellationToken: TestTimeout.Token))).Select(entry => entry.Text));
        Assert.Equal(6, (await ToListAsync(sandbox.Logs.TailAsync(cancellationToken: TestTimeout.Token))).Count);
        Assert.Empty(await ToListAsync(sandbox.Logs.TailAsync(source: ModalLogSource.Error, cancellationToken: TestTimeout.Token)));
        Assert.Empty(await ToListAsync(sandbox.Logs.TailAsync(0, cancellationToken: TestTimeout.Token)));
    }

    [Fact]
    public async Task Tail_OfAHandleByItsId_AsksForItsTaskOnce()
    {
        await using var lifetime = await CreateSandboxAsync();
        var handle = Client.Sandboxes.Get(lifetime.Sandbox.Id);
        var before = Asked();

        Assert.Empty(await ToListAsync(handle.Logs.TailAsync(cancellationToken: TestTimeout.Token)));
        Assert.Empty(await ToListAsync(handle.Logs.TailAsync(cancellationToken: TestTimeout.Token)));
        await handle.ExecuteAsync("true", TestTimeout.Token);

        Assert.Equal(before + 1, Asked());

        int Asked() => Fixture.Emulator.Ledger.RpcCounts.GetValueOrDefault("SandboxGetTaskIdV2");
    }

    [Fact]
    public async Task Fetch_OfASidecarsLines_NamesIt()
    {
        await using var lifetime = await CreateSandboxAsync();
        var app = await Client.Apps.GetAsync("tests", cancellationToken: TestTimeout.Token);
        var image = await Client.Images.BuildAsync(ModalImage.FromRegistry("alpine:3.20"), app, TestTimeout.Token);
        var sidecar = await lifetime.Sandbox.Sidecars.CreateAsync(new() { Name = "printer", Image = image, Command = ["echo", "from the sidecar"] }, TestTimeout.Token);
        await sidecar.WaitAsync(TestTimeout.Token);

        var entry = Assert.Single(await ToListAsync(lifetime.Sandbox.Logs.TailAsync(cancellationToken: TestTimeout.Token)));

        Assert.Equal(("from the sidecar\n", sidecar.Id), (entry.Text, entry.ContainerId));
    }

    [Fact]
    public async Task Fetch_OfATimeThatIsTooLong_IsInvalid()
    {
        await using var lifetime = await CreateSandboxAsync();
        var now = DateTimeOffset.UtcNow;

        foreach (var query in (ModalLogQuery[])[new() { Since = now.AddDays(-36), Until = now }, new() { Since = now, Until = now.AddSeconds(-1) }])
        {
            var exception = await Assert.ThrowsAsync<ModalException>(() => ToListAsync(lifetime.Sandbox.Logs.FetchAsync(query, TestTimeout.Token)));
            Assert.Equal(ModalErrorCode.InvalidArgument, exception.Code);
        }

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => ToListAsync(lifetime.Sandbox.Logs.TailAsync(20_001, cancellationToken: TestTimeout.Token)));
        Assert.Empty(await ToListAsync(lifetime.Sandbox.Logs.FetchAsync(new() { Since = now.AddDays(-35), Until = now }, TestTimeout.Token)));
    }

    [Fact]
    public async Task Fetch_LeftHalfWay_LeavesNoCallRunning()
    {
        var sandbox = await PrintAsync(Client, "seq 1 15000; sleep 4; seq 15001 30000");

        await foreach (var entry in sandbox.Logs.FetchAsync(new() { Since = Since }, TestTimeout.Token))
        {
            Assert.Equal("1\n", entry.Text);
            break;
        }

        Assert.Equal("30000\n", Assert.Single(await ToListAsync(sandbox.Logs.TailAsync(1, cancellationToken: TestTimeout.Token))).Text);
    }

    private static async Task<List<ModalLogEntry>> ToListAsync(IAsyncEnumerable<ModalLogEntry> entries)
    {
        var list = new List<ModalLogEntry>();
        await foreach (var entry in entries)
        {
            list.Add(entry);
        }

        return list;
    }

    /// <summary>A sandbox that has printed and ended.</summary>
    private static async Task<ModalSandbox> PrintAsync(ModalClient client, string script)
    {
        var sandbox = await client.Sandboxes.CreateAsync(new() { AppName = "tests", Command = ["sh", "-c", script] }, TestTimeout.Token);
        await sandbox.WaitAsync(TestTimeout.Token);
        return sandbox;
    }
}
