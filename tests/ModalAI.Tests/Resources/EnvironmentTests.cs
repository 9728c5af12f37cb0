using ModalAI.TestSupport;
using static ModalAI.TestSupport.Failure;

namespace ModalAI.Tests.Resources;

public sealed class EnvironmentTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    [Fact]
    public async Task Create_List_Delete_AreOneLife()
    {
        await Client.Environments.CreateAsync("one-life", isRestricted: true, defaultRole: "viewer", TestTimeout.Token);
        var listed = await Client.Environments.ListAsync(TestTimeout.Token);
        var found = await Client.Environments.GetAsync("one-life", cancellationToken: TestTimeout.Token);
        await Client.Environments.DeleteAsync("one-life", TestTimeout.Token);

        Assert.Contains(found, listed);
        Assert.Contains(listed, environment => environment.Name == "main");
        Assert.StartsWith("en-", found.Id, StringComparison.Ordinal);
        await FailsAsync(ModalErrorCode.NotFound, "'one-life'", Client.Environments.GetAsync("one-life", cancellationToken: TestTimeout.Token));
        await FailsAsync(ModalErrorCode.NotFound, "'one-life'", Client.Environments.DeleteAsync("one-life", TestTimeout.Token));
    }

    [Fact]
    public async Task Get_CreateIfMissing_MakesOneOnce()
    {
        var made = await Client.Environments.GetAsync("on-demand", createIfMissing: true, TestTimeout.Token);

        Assert.Equal(made, await Client.Environments.GetAsync("on-demand", createIfMissing: true, TestTimeout.Token));
    }

    [Fact]
    public async Task Create_OfWhatThereIsOrWithAnUnknownRole_SaysSo()
    {
        await FailsAsync(ModalErrorCode.AlreadyExists, "'main'", Client.Environments.CreateAsync("main", cancellationToken: TestTimeout.Token));
        await FailsAsync(ModalErrorCode.InvalidArgument, "emperor", Client.Environments.CreateAsync("odd", defaultRole: "emperor", cancellationToken: TestTimeout.Token));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-x")]
    [InlineData("en-x")]
    [InlineData("a b")]
    [InlineData("a.b")]
    public async Task Create_WithABadName_IsAnArgumentException(string name)
        => await Assert.ThrowsAnyAsync<ArgumentException>(() => Client.Environments.CreateAsync(name, cancellationToken: TestTimeout.Token));

    [Fact]
    public async Task Delete_OfAnEnvironment_EndsItsSandboxes()
    {
        await Client.Environments.CreateAsync("passing", cancellationToken: TestTimeout.Token);
        await using var lifetime = await CreateSandboxAsync(options => options with { Environment = "passing" });

        await Client.Environments.DeleteAsync("passing", TestTimeout.Token);

        Assert.Equal(ModalSandboxStatus.Terminated, (await lifetime.Sandbox.WaitAsync(TestTimeout.Token)).Status);
    }

    [Fact]
    public async Task Create_WithAnImageBuilderVersion_AsksForNoEnvironment()
    {
        await using var client = Fixture.CreateClient(options => options.ImageBuilderVersion = "2025.06");
        var before = Fixture.Emulator.Ledger.RpcCounts.GetValueOrDefault("EnvironmentGetOrCreate");

        await using var lifetime = new SandboxLifetime(await client.Sandboxes.CreateAsync(new() { AppName = "tests" }, TestTimeout.Token));

        Assert.Equal(before, Fixture.Emulator.Ledger.RpcCounts.GetValueOrDefault("EnvironmentGetOrCreate"));
    }
}
