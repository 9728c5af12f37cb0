using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using ModalAI.TestSupport;
using ModalAI.Tools;
using NSubstitute;

namespace ModalAI.Tests.Tools;

public sealed class ToolFailureTests(EmulatorFixture fixture) : ToolTest(fixture)
{
    [Theory]
    [InlineData("bash", "command", "true")]
    [InlineData("read", "file_path", "x")]
    [InlineData("glob", "pattern", "*")]
    public async Task Invoke_SandboxThatHasEnded_SaysSo(string tool, string name, string value)
    {
        await Sandbox.TerminateAsync(TestTimeout.Token);
        await Sandbox.WaitAsync(TestTimeout.Token);

        var text = await CallAsync(tool, (name, value));

        Assert.StartsWith("Error: The sandbox has ended", text, StringComparison.Ordinal);
        Assert.Contains("tell the user", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Invoke_Cancelled_ThrowsAndKillsTheCommand()
    {
        using var cancellation = new CancellationTokenSource();
        var bash = Tools.OfType<AIFunction>().Single(tool => tool.Name == "bash");

        var call = bash.InvokeAsync(new() { ["command"] = "echo $$ >/work/pid; sleep 300" }, cancellation.Token).AsTask();
        await ShellAsync("until [ -s /work/pid ]; do sleep 0.05; done");
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal("gone\n", await ShellAsync("for i in $(seq 100); do kill -0 $(cat /work/pid) 2>/dev/null || { echo gone; exit; }; sleep 0.1; done"));
    }

    [Fact]
    public async Task Invoke_Concurrently_KeepsTheCallsApart()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(number => CallAsync("bash", ("command", $"echo {number}"))));

        Assert.Equal(Enumerable.Range(0, 12).Select(number => $"exit code 0\n{number}"), answers);
    }

    [Theory]
    [InlineData(ModalErrorCode.Unauthenticated)]
    [InlineData(ModalErrorCode.Unavailable)]
    [InlineData(ModalErrorCode.NotFound)]
    [InlineData(ModalErrorCode.SandboxEnded)]
    [InlineData(ModalErrorCode.ResourceExhausted)]
    public async Task Invoke_NoSandboxToBeHad_IsTheOperatorsToMend(ModalErrorCode code)
    {
        var factory = Substitute.For<IModalSandboxFactory>();
        factory.AcquireAsync(Arg.Any<CancellationToken>()).Returns(Task.FromException<ModalSandboxLease>(new ModalException(code, "no")));
        var tools = new ModalSandboxTools(new ToolSetup { Options = new() }, factory, ModalSandboxMode.NewPerInvocation);

        var exception = await Assert.ThrowsAsync<ModalException>(() => CallAsync(tools, "bash", ("command", "true")));

        Assert.Equal(code, exception.Code);
    }

    [Fact]
    public async Task Invoke_ToolsFromServices_HaveANewSandboxForEachCallAndEndIt()
    {
        await using var provider = new ServiceCollection()
            .AddModalSandbox(options => options.AppName = "tools")
            .ConfigureClient(options =>
            {
                (options.ServerUrl, options.TokenId, options.TokenSecret) = (Fixture.Emulator.ServerUrl, "ak-test", "as-test");
                (options.UseEnvironmentVariables, options.UseConfigurationFile) = (false, false);
            })
            .Services.BuildServiceProvider();
        var tools = provider.GetRequiredService<ModalSandboxTools>();

        Assert.StartsWith("created ", await CallAsync(tools, "write", ("file_path", "/tmp/file"), ("content", "x")), StringComparison.Ordinal);
        Assert.StartsWith("Error: '/tmp/file' does not exist", await CallAsync(tools, "read", ("file_path", "/tmp/file")), StringComparison.Ordinal);

        await Sandbox.TerminateAsync(TestTimeout.Token);
        await Fixture.AssertNothingLeftAsync();
    }

    [Fact]
    public void Tools_AreAListInOrder()
    {
        Assert.Equal(["bash", "read", "write", "edit", "multi_edit", "glob", "grep", "bash_output", "bash_input", "kill_bash"], Tools.Select(tool => tool.Name));
        Assert.Equal((10, "bash"), (Tools.Count, Tools[0].Name));
    }
}
