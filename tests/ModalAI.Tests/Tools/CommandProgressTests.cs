using System.Collections.Concurrent;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Tools;

public sealed class CommandProgressTests(EmulatorFixture fixture) : ToolTest(fixture)
{
    [Fact]
    public async Task Command_WhileItRuns_TellsTheListenerOfTheCall()
    {
        var listener = new Listener();
        var call = CallAsync(
            "printf 'fir\\303'; until [ -e /tmp/go ]; do sleep 0.05; done; printf '\\244st\\n'; echo second >&2",
            new() { [typeof(IProgress<ModalCommandProgress>)] = listener, ["call"] = new FunctionCallContent("call-1", "bash") });

        // It is told before the command ends, which waits for that.
        await listener.WhenAsync(text => text == "fir");
        await ShellAsync("touch /tmp/go");

        Assert.Equal("exit code 0\nfiräst\nsecond", await call);
        Assert.Equal("firäst\nsecond\n", listener.Text);
        Assert.All(listener.Reports, static report => Assert.Equal(("bash", "call-1", false), (report.Tool, report.CallId, report.IsError)));
    }

    [Fact]
    public async Task Command_WhoseSandboxEnds_ShowsWhatItHadPrinted()
    {
        var listener = new Listener();
        var call = CallAsync("echo begun; sleep 300", new() { [typeof(IProgress<ModalCommandProgress>)] = listener });
        await listener.WhenAsync(static text => text == "begun\n");

        await Sandbox.TerminateAsync(TestTimeout.Token);

        var answer = await call;
        Assert.StartsWith("Error: The sandbox has ended, ", answer, StringComparison.Ordinal);
        Assert.EndsWith("\nWhat the command had printed until then:\nbegun", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Command_OfMuchOutput_ReportsAMebibyteInPieces()
    {
        var listener = new Listener();

        var answer = await CallAsync("head -c 3000000 /dev/zero | tr '\\0' x", new() { [typeof(IProgress<ModalCommandProgress>)] = listener });

        Assert.StartsWith("exit code 0", answer, StringComparison.Ordinal);
        Assert.Equal(1024 * 1024, listener.Text.Length);
        Assert.All(listener.Reports, static report => Assert.InRange(report.Text.Length, 1, 16 * 1024));
    }

    [Fact]
    public async Task Listener_InTheServicesThatThrows_ChangesNothing()
    {
        var listener = new Listener { Throws = true };
        await using var services = new ServiceCollection().AddSingleton<IProgress<ModalCommandProgress>>(listener).BuildServiceProvider();

        Assert.Equal("exit code 0\none\ntwo", await CallAsync("echo one; sleep 0.2; echo two", context: null, services));

        Assert.Single(listener.Reports);
        Assert.Equal("exit code 0\nnobody hears", await CallAsync("echo nobody hears", context: null));
        Assert.Single(listener.Reports);
    }

    private async Task<string> CallAsync(string command, Dictionary<object, object?>? context, IServiceProvider? services = null)
    {
        var bash = Tools.OfType<AIFunction>().Single(static tool => tool.Name == "bash");
        var arguments = new AIFunctionArguments { ["command"] = command };
        (arguments.Context, arguments.Services) = (context, services);
        return Assert.IsType<string>(await bash.InvokeAsync(arguments, TestTimeout.Token));
    }

    private sealed class Listener : IProgress<ModalCommandProgress>
    {
        public ConcurrentQueue<ModalCommandProgress> Reports { get; } = [];

        public bool Throws { get; init; }

        public string Text => string.Concat(Reports.Select(static report => report.Text));

        public void Report(ModalCommandProgress value)
        {
            Reports.Enqueue(value);
            if (Throws)
            {
                throw new TimeZoneNotFoundException();
            }
        }

        public async Task WhenAsync(Func<string, bool> condition)
        {
            var limit = TestTimeout.Token;
            while (!condition(Text))
            {
                await Task.Delay(20, limit);
            }
        }
    }
}
