using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using ModalAI.Emulator;
using ModalAI.Tests.FunctionInvocation;
using ModalAI.TestSupport;
using ModalAI.Tools;
using static ModalAI.Tests.FunctionInvocation.ScriptedChatClient;

namespace ModalAI.Tests.Tools;

public sealed class ReplacementNoticeTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    [Fact]
    public async Task Call_AfterItsSandboxWasReplaced_SaysSoOnce()
    {
        await using var provider = Services();
        var tools = provider.GetRequiredService<ModalSandboxTools>();
        var others = new ModalSandboxTools(new ToolSetup { Options = new() }, provider.GetRequiredService<IModalSandboxFactory>(), ModalSandboxMode.ReuseExisting);
        Assert.Equal("exit code 0\n(no output)", await ToolTest.CallAsync(tools, "bash", ("command", "touch /tmp/file")));
        var first = await EndSandboxAsync(provider);

        var lost = await ToolTest.CallAsync(tools, "bash", ("command", "true"));
        var told = await ToolTest.CallAsync(tools, "bash", ("command", "ls /tmp/file"));

        Assert.StartsWith("Error: The sandbox has ended, ", lost, StringComparison.Ordinal);
        Assert.EndsWith("(It was terminated.)", lost, StringComparison.Ordinal);
        Assert.Matches($@"\ANote: the earlier sandbox \({first}\) was terminated\. Another one \(sb-\w+\) has taken its place\. It is as a new one is: .*\nexit code 2\n", told);
        Assert.Equal("exit code 0\n(no output)", await ToolTest.CallAsync(tools, "bash", ("command", "true")));
        Assert.StartsWith("Note: ", await ToolTest.CallAsync(others, "glob", ("pattern", "*.none")), StringComparison.Ordinal);
        Assert.DoesNotContain("Note: ", await ToolTest.CallAsync(others, "bash", ("command", "true")), StringComparison.Ordinal);
        await EndSandboxAsync(provider);
    }

    [Fact]
    public async Task Call_AfterTheFilesWereRestored_SaysFromWhen()
    {
        await using var provider = Services();
        var tools = provider.GetRequiredService<ModalSandboxTools>();
        await ToolTest.CallAsync(tools, "bash", ("command", "touch /file"));
        await using (var lease = await provider.GetRequiredService<IModalSandboxFactory>().AcquireAsync(TestTimeout.Token))
        {
            await lease.RestoreAsync(await lease.CheckpointAsync(TestTimeout.Token), TestTimeout.Token);
        }

        Assert.Matches(@"It has the files that were saved at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC; .*\nexit code 0\n/file\z", await ToolTest.CallAsync(tools, "bash", ("command", "ls /file")));
        await EndSandboxAsync(provider);
    }

    [Theory]
    [InlineData("customer-1")]
    [InlineData(null)]
    public async Task Response_OfAConversationThatWasTold_IsNotToldAgain(string? conversation)
    {
        await using var provider = Services();
        using var model = new ScriptedChatClient([.. Enumerable.Range(1, 5).SelectMany(static number => new[] { Calls(Call($"{number}", "bash", ("command", "true"))), Says("done") })]);
        using var client = model.AsBuilder().UseFunctionInvocation().Build().WithModalSandbox(provider);
        List<ChatMessage> history = [];

        Assert.DoesNotContain("Note: ", await AskAsync(), StringComparison.Ordinal);
        await EndSandboxAsync(provider);
        Assert.StartsWith("Error: The sandbox has ended", await AskAsync(), StringComparison.Ordinal);
        Assert.StartsWith("Note: the earlier sandbox", await AskAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain("Note: ", await AskAsync(), StringComparison.Ordinal);

        // Another conversation does not know yet.
        history.Clear();
        conversation = conversation is null ? null : "customer-2";
        Assert.StartsWith("Note: the earlier sandbox", await AskAsync(), StringComparison.Ordinal);
        await EndSandboxAsync(provider);

        async Task<string> AskAsync()
        {
            history.Add(new ChatMessage(ChatRole.User, "go on"));
            var response = await client.GetResponseAsync(history, new ChatOptions { ConversationId = conversation }, TestTimeout.Token);
            history.AddRange(response.Messages);
            return Assert.IsType<string>(response.Messages.SelectMany(static message => message.Contents).OfType<FunctionResultContent>().Single().Result);
        }
    }

    [Fact]
    public async Task Call_ThatTellsAndThenFails_LeavesItToTheNext()
    {
        await using var provider = Services();
        await using var lease = await provider.GetRequiredService<IModalSandboxFactory>().AcquireAsync(TestTimeout.Token);
        var tools = provider.GetRequiredService<ModalSandboxTools>().ForLease(lease);
        await ToolTest.CallAsync(tools, "bash", ("command", "true"));
        await lease.Sandbox.TerminateAndWaitAsync(cancellationToken: TestTimeout.Token);
        Assert.StartsWith("Error: The sandbox has ended", await ToolTest.CallAsync(tools, "bash", ("command", "true")), StringComparison.Ordinal);

        using (Fixture.Emulator.Faults.Add(new ModalEmulatorFaultRule("TaskExecStart") { Status = RpcStatusCode.PermissionDenied }))
        {
            await Assert.ThrowsAsync<ModalException>(() => ToolTest.CallAsync(tools, "bash", ("command", "true")));
        }

        Assert.StartsWith("Note: the earlier sandbox", await ToolTest.CallAsync(tools, "bash", ("command", "true")), StringComparison.Ordinal);
        Assert.Equal("exit code 0\n(no output)", await ToolTest.CallAsync(tools, "bash", ("command", "true")));
        await lease.DestroyAsync(TestTimeout.Token);
    }

    private ServiceProvider Services() => new ServiceCollection()
        .AddModalSandbox(static options =>
        {
            (options.AppName, options.Mode, options.Name) = ("tools", ModalSandboxMode.ReuseExisting, $"replaced-{Guid.NewGuid():N}");
        })
        .ConfigureClient(options =>
        {
            (options.ServerUrl, options.TokenId, options.TokenSecret) = (Fixture.Emulator.ServerUrl, "ak-test", "as-test");
            (options.UseEnvironmentVariables, options.UseConfigurationFile) = (false, false);
        })
        .Services.BuildServiceProvider();

    /// <summary>Ends the sandbox behind the library's back.</summary>
    private static async Task<string> EndSandboxAsync(IServiceProvider provider)
    {
        await using var lease = await provider.GetRequiredService<IModalSandboxFactory>().AcquireAsync(TestTimeout.Token);
        await lease.Sandbox.TerminateAndWaitAsync(cancellationToken: TestTimeout.Token);
        return lease.Sandbox.Id;
    }
}
