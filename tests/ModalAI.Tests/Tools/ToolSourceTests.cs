using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using ModalAI.Tests.FunctionInvocation;
using ModalAI.TestSupport;
using static ModalAI.Tests.FunctionInvocation.ScriptedChatClient;

namespace ModalAI.Tests.Tools;

/// <summary>Tools of a registration for the sandbox of a key, of a lease and of a response.</summary>
public sealed class ToolSourceTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    [Fact]
    public async Task ForKey_CallsOfOneKey_ShareItsSandbox()
    {
        await using var services = Register(static options => (options.Mode, options.Name) = (ModalSandboxMode.ReuseExisting, "tools-of-keys"));
        var tools = services.GetRequiredService<ModalSandboxTools>();

        await ToolTest.CallAsync(tools.ForKey("one"), "write", ("file_path", "/tmp/file"), ("content", "of one"));

        Assert.Contains("of one", await ToolTest.CallAsync(tools.ForKey("one"), "read", ("file_path", "/tmp/file")), StringComparison.Ordinal);
        Assert.Contains("does not exist", await ToolTest.CallAsync(tools.ForKey("two"), "read", ("file_path", "/tmp/file")), StringComparison.Ordinal);
        foreach (var key in new[] { "one", "two" })
        {
            await using var lease = await services.GetRequiredService<IModalSandboxFactory>().AcquireAsync(key, TestTimeout.Token);
            await lease.DestroyAsync(TestTimeout.Token);
        }
    }

    [Fact]
    public async Task OpenSession_OfAKey_WorksInItsSandboxAndMayBeDisposedOfTwice()
    {
        await using var services = Register(static options => (options.Mode, options.Name) = (ModalSandboxMode.ReuseExisting, "sessions-of-keys"));
        var tools = services.GetRequiredService<ModalSandboxTools>();
        await ToolTest.CallAsync(tools.ForKey("one"), "write", ("file_path", "/tmp/file"), ("content", "of one"));

        var session = tools.ForKey("one").OpenSession();
        Assert.Contains("of one", await ToolTest.CallAsync(session.Tools, "read", ("file_path", "/tmp/file")), StringComparison.Ordinal);
        await session.DisposeAsync();
        await session.DisposeAsync();

        await using var lease = await services.GetRequiredService<IModalSandboxFactory>().AcquireAsync("one", TestTimeout.Token);
        await lease.DestroyAsync(TestTimeout.Token);
    }

    [Fact]
    public async Task SetsOfOneSandbox_HaveNoKeysAndNoSessions()
    {
        await using var lifetime = await CreateSandboxAsync();
        var tools = new ModalSandboxTools(lifetime.Sandbox);

        Assert.Throws<InvalidOperationException>(() => tools.ForKey("key"));
        Assert.Throws<InvalidOperationException>(() => tools.OpenSession());
    }

    [Fact]
    public async Task ForLease_AdoptedSandboxThatEnds_IsToldEachTime()
    {
        await using var services = Register(static _ => { });
        await using var lifetime = await CreateSandboxAsync();
        await using var lease = services.GetRequiredService<IModalSandboxFactory>().Adopt(lifetime.Sandbox);
        var tools = services.GetRequiredService<ModalSandboxTools>().ForLease(lease);
        Assert.Equal("exit code 0\n1", await ToolTest.CallAsync(tools, "bash", ("command", "echo 1")));
        await lifetime.Sandbox.TerminateAndWaitAsync(cancellationToken: TestTimeout.Token);

        for (var call = 0; call < 2; call++)
        {
            Assert.Contains("Further calls will fail too", await ToolTest.CallAsync(tools, "bash", ("command", "echo 2")), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task ForLease_CallsAfterTheSandboxEnded_HaveTheOneThatTookItsPlace()
    {
        await using var services = Register(static options => (options.Mode, options.Name) = (ModalSandboxMode.ReuseExisting, "tools-of-a-lease"));
        await using var lease = await services.GetRequiredService<IModalSandboxFactory>().AcquireAsync(TestTimeout.Token);
        var tools = services.GetRequiredService<ModalSandboxTools>().ForLease(lease);
        Assert.Equal("exit code 0\n1", await ToolTest.CallAsync(tools, "bash", ("command", "echo 1")));
        var first = lease.Sandbox;
        await first.TerminateAsync(TestTimeout.Token);
        await first.WaitAsync(TestTimeout.Token);

        Assert.StartsWith("Error: The sandbox has ended", await ToolTest.CallAsync(tools, "bash", ("command", "echo 2")), StringComparison.Ordinal);
        var text = await ToolTest.CallAsync(tools, "bash", ("command", "echo 3"));

        Assert.StartsWith("Note: the earlier sandbox", text, StringComparison.Ordinal);
        Assert.EndsWith("exit code 0\n3", text, StringComparison.Ordinal);
        Assert.NotEqual(first.Id, lease.Sandbox.Id);
        await lease.DestroyAsync(TestTimeout.Token);
    }

    [Fact]
    public async Task Instructions_AfterTheFirstResponseWithACall_NameThePrograms()
    {
        await using var services = Register(static _ => { });
        using var model = new ScriptedChatClient(
            Calls(new FunctionCallContent("1", "bash", new Dictionary<string, object?> { ["command"] = "true" })),
            Calls(new FunctionCallContent("2", "bash", new Dictionary<string, object?> { ["command"] = "true" })),
            Says("done"),
            Says("done"));
        using var agent = model.AsBuilder().UseFunctionInvocation().Build().WithModalSandbox(services);

        await agent.GetResponseAsync("go", cancellationToken: TestTimeout.Token);
        Assert.DoesNotContain("has these programs", model.Options[0]!.Instructions, StringComparison.Ordinal);
        var commands = Fixture.Emulator.Ledger.RpcCounts.GetValueOrDefault("TaskExecStart");
        await agent.GetResponseAsync("go", cancellationToken: TestTimeout.Token);

        Assert.Matches(@"has these programs: (\S+, )*bash, ", model.Options[^1]!.Instructions);
        Assert.Equal(commands, Fixture.Emulator.Ledger.RpcCounts.GetValueOrDefault("TaskExecStart"));
        await Fixture.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task GetInstructions_ProgramsNotKnown_LooksInASandboxOnceAndEndsIt()
    {
        await using var services = Register(static _ => { });
        var tools = services.GetRequiredService<ModalSandboxTools>();

        Assert.Contains("bash", await tools.GetInstructionsAsync(TestTimeout.Token), StringComparison.Ordinal);
        var sandboxes = Fixture.Emulator.Ledger.RpcCounts.GetValueOrDefault("SandboxCreateV2");

        Assert.Equal(await tools.GetInstructionsAsync(TestTimeout.Token), tools.Instructions);
        Assert.Equal(sandboxes, Fixture.Emulator.Ledger.RpcCounts.GetValueOrDefault("SandboxCreateV2"));
        await Fixture.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Calls_StateThatIsKept_GoOnInItsDirectoryWithItsVariables()
    {
        await using var services = Register(static options => options.Tools.KeepShellState = true);
        await using var session = services.GetRequiredService<ModalSandboxTools>().OpenSession();

        await ToolTest.CallAsync(session.Tools, "bash", ("command", "cd /usr/lib && export GREETING=hello"));

        Assert.Equal("exit code 0\n/usr/lib hello", await ToolTest.CallAsync(session.Tools, "bash", ("command", "echo $PWD $GREETING")));
    }

    private ServiceProvider Register(Action<ModalSandboxOptions> configure) => new ServiceCollection()
        .AddModalSandbox(options =>
        {
            options.AppName = "tests";
            configure(options);
        })
        .ConfigureClient(options =>
        {
            (options.ServerUrl, options.TokenId, options.TokenSecret) = (Fixture.Emulator.ServerUrl, "ak-test", "as-test");
            (options.UseEnvironmentVariables, options.UseConfigurationFile) = (false, false);
        })
        .Services.BuildServiceProvider();
}
