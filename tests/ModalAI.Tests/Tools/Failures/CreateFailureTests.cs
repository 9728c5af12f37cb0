using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using ModalAI.TestSupport;
using Xunit.Abstractions;

namespace ModalAI.Tests.Tools.Failures;

/// <summary>Functions that get no sandbox, or lose theirs.</summary>
public sealed class CreateFailureTests(EmulatorFixture fixture, ITestOutputHelper output) : CallFailureTests(fixture, output)
{
    private readonly ITestOutputHelper _output = output;

    [Fact]
    public Task Calls_WithoutASandboxToBeHad_AreTheOperatorsUnlessTheNextOneIs() => RunAsync(CallFailureCatalogue.Creating);

    [Theory]
    [InlineData("bash", "command", "until [ -e /tmp/go ]; do sleep 0.1; done; echo ran")]
    [InlineData("execute", "command", "until [ -e /tmp/go ]; do sleep 0.1; done; echo ran")]
    [InlineData("exec_command", "cmd", "until [ -e /tmp/go ]; do sleep 0.1; done; echo ran")]
    [InlineData("run_shell", "command", "until [ -e /tmp/go ]; do sleep 0.1; done; echo ran")]
    public async Task Calls_WhoseSandboxDiesMeanwhile_GoOnInANewOne(string tool, string argument, string command)
    {
        using var limit = new CancellationTokenSource(TestTimeout.Duration);
        var dialect = tool switch
        {
            "bash" => ModalToolDialect.Claude,
            "execute" => ModalToolDialect.LangChain,
            "exec_command" => ModalToolDialect.OpenAI,
            _ => ModalToolDialect.AgentFramework,
        };
        await using var services = Register(options => options.Tools.Dialect = dialect);
        await services.GetRequiredService<ModalSandboxTools>().GetInstructionsAsync(limit.Token);
        var failure = new FailureCase($"dies-{tool}", dialect, tool, new Dictionary<string, object?> { [argument] = command }).Recovers("The next call gets a new one", sees: "ran");

        var run = Report.RunAsync(failure, new AgentCall(tool, failure.Arguments), client => client.WithModalSandbox(services), new ChatOptions(), limit.Token);
        var first = await WhenRunningAsync(null, limit.Token);
        await Fixture.Emulator.Faults.KillSandboxAsync(first, limit.Token);
        var next = WhenRunningAsync(first, limit.Token);
        if (await Task.WhenAny(run, next) == next)
        {
            await Client.Sandboxes.Get(await next).ExecuteAsync("touch /tmp/go", limit.Token);
        }

        await run;

        Report.Check(_output);
    }

    [Theory]
    [InlineData("SandboxCreateV2")]
    [InlineData("TaskExecStart")]
    [InlineData("TaskExecStdioRead")]
    [InlineData("TaskExecWait")]
    public async Task Calls_Cancelled_CancelTheResponse(string rpc)
    {
        using var limit = new CancellationTokenSource(TestTimeout.Duration);
        await using var services = Register();
        using var fault = Fixture.Emulator.Faults.Add(new ModalEmulatorFaultRule(rpc) { Delay = TimeSpan.FromMilliseconds(500) });
        var failure = FailureCase.Claude($"cancelled-{rpc}", "bash", ("command", "sleep 600")).IsCancelled();
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(limit.Token);

        var run = Report.RunAsync(failure, new AgentCall("bash", failure.Arguments), client => client.WithModalSandbox(services), new ChatOptions(), cancellation.Token);
        await fault.WhenHitAsync(cancellationToken: limit.Token);
        await cancellation.CancelAsync();
        await run;

        Report.Check(_output);
    }

    /// <summary>Waits for a command in a sandbox that is another one than that.</summary>
    private async Task<string> WhenRunningAsync(string? other, CancellationToken cancellationToken)
    {
        while (true)
        {
            var process = Fixture.Emulator.Ledger.Processes.FirstOrDefault(process => process.EndedAt is null && process.SandboxId != other);
            if (process is not null)
            {
                return process.SandboxId;
            }

            await Task.Delay(20, cancellationToken);
        }
    }
}
