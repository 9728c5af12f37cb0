using ModalAI.TestSupport;
using static ModalAI.TestSupport.Failure;

#pragma warning disable MODALAI001 // Names that are set later are what is tested.

namespace ModalAI.Tests.Sandboxes;

public sealed class SandboxNameTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    [Fact]
    public async Task SetName_OfANamelessSandbox_LetsItBeFound()
    {
        await using var lifetime = await CreateSandboxAsync();

        await lifetime.Sandbox.SetNameAsync("named-later", TestTimeout.Token);
        await lifetime.Sandbox.SetNameAsync("named-later", TestTimeout.Token);

        Assert.Equal("named-later", lifetime.Sandbox.Name);
        Assert.Equal(lifetime.Sandbox.Id, (await Client.Sandboxes.GetByNameAsync("tests", "named-later", cancellationToken: TestTimeout.Token)).Id);
    }

    [Fact]
    public async Task SetName_OfASandboxThatHasOne_IsAConflict()
    {
        await using var lifetime = await CreateSandboxAsync(options => options with { Name = "has-one" });

        await FailsAsync(ModalErrorCode.Conflict, "has-one", lifetime.Sandbox.SetNameAsync("another", TestTimeout.Token));
        Assert.Equal("has-one", lifetime.Sandbox.Name);
    }

    [Fact]
    public async Task SetName_ThatIsTaken_AlreadyExists()
    {
        await using var holder = await CreateSandboxAsync(options => options with { Name = "is-taken" });
        await using var lifetime = await CreateSandboxAsync();

        await FailsAsync(ModalErrorCode.AlreadyExists, "is-taken", lifetime.Sandbox.SetNameAsync("is-taken", TestTimeout.Token));
        Assert.Null(lifetime.Sandbox.Name);
    }

    [Theory]
    [InlineData("")]
    [InlineData("no blanks")]
    [InlineData("ap-0123456789abcdefghijAB")]
    public async Task SetName_ThatIsNotAllowed_IsInvalidAndSendsNothing(string name)
    {
        await using var lifetime = await CreateSandboxAsync();
        var before = Fixture.Emulator.Ledger.RpcCounts.GetValueOrDefault("SandboxSetName");

        await FailsAsync(ModalErrorCode.InvalidArgument, name, lifetime.Sandbox.SetNameAsync(name, TestTimeout.Token));

        Assert.Equal(before, Fixture.Emulator.Ledger.RpcCounts.GetValueOrDefault("SandboxSetName"));
    }

    [Fact]
    public async Task SetName_OnV1_IsInvalid()
    {
        await using var client = Fixture.CreateClient(options => options.UseV2 = false);
        await using var lifetime = new SandboxLifetime(await client.Sandboxes.CreateAsync(new() { AppName = "tests" }, TestTimeout.Token));

        await FailsAsync(ModalErrorCode.InvalidArgument, "V1", lifetime.Sandbox.SetNameAsync("v1-name", TestTimeout.Token));
    }

    [Fact]
    public async Task SetName_AfterTheEnd_IsAConflict()
    {
        await using var lifetime = await CreateSandboxAsync();
        await lifetime.Sandbox.TerminateAndWaitAsync(cancellationToken: TestTimeout.Token);

        await FailsAsync(ModalErrorCode.Conflict, "has ended", lifetime.Sandbox.SetNameAsync("too-late", TestTimeout.Token));
    }

    [Fact]
    public async Task GetByName_WithTerminated_PrefersTheRunningOneThenTheLast()
    {
        var first = await CreateSandboxAsync(options => options with { Name = "past" });
        await first.Sandbox.TerminateAndWaitAsync(cancellationToken: TestTimeout.Token);
        var second = await CreateSandboxAsync(options => options with { Name = "past" });

        Assert.Equal(second.Sandbox.Id, await FindAsync());
        await second.Sandbox.TerminateAndWaitAsync(cancellationToken: TestTimeout.Token);
        Assert.Equal(second.Sandbox.Id, await FindAsync());
        await FailsAsync(ModalErrorCode.NotFound, "'past'", Client.Sandboxes.GetByNameAsync("tests", "past", cancellationToken: TestTimeout.Token));
        await FailsAsync(ModalErrorCode.NotFound, "'never'", Client.Sandboxes.GetByNameAsync("tests", "never", includeTerminated: true, cancellationToken: TestTimeout.Token));

        async Task<string> FindAsync() =>
            (await Client.Sandboxes.GetByNameAsync("tests", "past", includeTerminated: true, cancellationToken: TestTimeout.Token)).Id;
    }

    [Fact]
    public async Task GetByName_OfASandboxOnV1_IsFoundFromV2()
    {
        await using var lifetime = await CreateSandboxAsync(options => options with { Name = "on-v1", Gpu = "T4" });

        var found = await Client.Sandboxes.GetByNameAsync("tests", "on-v1", cancellationToken: TestTimeout.Token);

        Assert.Equal((lifetime.Sandbox.Id, false), (found.Id, found.IsV2));
    }
}
