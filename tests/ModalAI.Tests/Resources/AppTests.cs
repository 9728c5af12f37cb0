using ModalAI.TestSupport;

namespace ModalAI.Tests.Resources;

public sealed class AppTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    [Fact]
    public async Task GetInfo_OfAnApp_DescribesIt()
    {
        var app = await Client.Apps.GetAsync("described", createIfMissing: true, cancellationToken: TestTimeout.Token);

        var info = await Client.Apps.GetInfoAsync(app.Id, TestTimeout.Token);

        Assert.Equal((app.Id, "described", ModalAppState.Deployed), (info.Id, info.Description, info.State));
        Assert.NotNull(info.CreatedAt);
        Assert.Null(info.StoppedAt);
        Assert.Empty(info.Functions);
    }

    [Fact]
    public async Task List_OfAnEnvironment_HasItsAppsOnly()
    {
        await Client.Environments.CreateAsync("with-apps", cancellationToken: TestTimeout.Token);
        var inside = await Client.Apps.GetAsync("inside", createIfMissing: true, environment: "with-apps", cancellationToken: TestTimeout.Token);
        await Client.Apps.GetAsync("outside", createIfMissing: true, cancellationToken: TestTimeout.Token);

        Assert.Equal([inside], await Client.Apps.ListAsync("with-apps", TestTimeout.Token));
    }

    [Fact]
    public async Task Lookups_OfWhatIsNotThere_AreNotFound()
    {
        foreach (var (action, text) in new (Func<Task>, string)[]
        {
            (() => Client.Apps.GetAsync("missing", cancellationToken: TestTimeout.Token), "'missing'"),
            (() => Client.Apps.GetInfoAsync("ap-missing", TestTimeout.Token), "'ap-missing'"),
            (() => Client.Apps.ListAsync("nowhere", TestTimeout.Token), "'nowhere'"),
        })
        {
            var exception = await Assert.ThrowsAsync<ModalException>(action);
            Assert.Equal(ModalErrorCode.NotFound, exception.Code);
            Assert.Contains(text, exception.Message, StringComparison.Ordinal);
        }
    }
}
