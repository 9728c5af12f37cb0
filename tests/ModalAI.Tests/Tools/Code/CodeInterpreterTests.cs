using System.Text;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using ModalAI.Tests.FunctionInvocation;
using ModalAI.TestSupport;
using static ModalAI.Tests.FunctionInvocation.ScriptedChatClient;

namespace ModalAI.Tests.Tools.Code;

/// <summary>A code interpreter that the caller asks of a service, answered by the sandbox.</summary>
public sealed class CodeInterpreterTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    private const string WritePlot = "open('plot.png', 'wb').write(bytes([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 1, 2, 3]))\nprint('saved')";

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Code_ThatPrintsAndSavesAPlot_GivesTheApplicationBoth(bool streams)
    {
        var (contents, _) = await RunAsync(streams, null, WritePlot);

        Assert.Equal(["exit code 0; given to the user: plot.png\nsaved"], Results(contents));
        var call = Assert.Single(contents.OfType<CodeInterpreterToolCallContent>());
        var result = Assert.Single(contents.OfType<CodeInterpreterToolResultContent>());
        Assert.Equal(("1", "1"), (call.CallId, result.CallId));
        var code = Assert.IsType<DataContent>(Assert.Single(call.Inputs!));
        Assert.Equal(("text/x-python", WritePlot), (code.MediaType, Encoding.UTF8.GetString(code.Data.Span)));
        Assert.Equal("saved", Assert.IsType<TextContent>(result.Outputs![0]).Text);
        var plot = Assert.IsType<DataContent>(Assert.Single(result.Outputs.Skip(1)));
        Assert.Equal(("image/png", "plot.png", 11), (plot.MediaType, plot.Name, plot.Data.Length));
        Assert.Equal("done", contents.OfType<TextContent>().Single().Text);
        await Fixture.AssertNothingLeftAsync();
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Response_WithSeveralRuns_PutsEachBeforeTheMessageThatFollows(bool streams)
    {
        var (_, response) = await RunAsync(streams, null, "print(1)", "print(2)");

        Assert.Equal(
            [
                "FunctionCallContent",
                "FunctionResultContent",
                "CodeInterpreterToolCallContent CodeInterpreterToolResultContent FunctionCallContent",
                "FunctionResultContent",
                "CodeInterpreterToolCallContent CodeInterpreterToolResultContent TextContent",
            ],
            response.Messages.Select(static message => string.Join(' ', message.Contents.Select(static content => content.GetType().Name))));
    }

    [SkippableFact]
    public async Task Inputs_BeforeTheFirstRun_AreFilesThatAreNotGivenBack()
    {
        var tool = new HostedCodeInterpreterTool
        {
            Inputs =
            [
                new DataContent("a,b\n1,2"u8.ToArray(), "text/csv") { Name = "data/orders.csv" },
                new DataContent("x"u8.ToArray(), "text/plain"),
            ],
        };

        var (contents, _) = await RunAsync(streams: false, tool, "import os\nprint(open('data/orders.csv').read(), open('input-2.txt').read(), os.getcwd())");

        Assert.Equal(["exit code 0\na,b\n1,2 x /mnt/data"], Results(contents));
    }

    [SkippableFact]
    public async Task Files_OfSeveralRuns_AreGivenWhenTheyAreNewOrChanged()
    {
        var (contents, _) = await RunAsync(
            streams: false, null, "open('a.txt', 'w').write('1')", "open('sub.txt', 'w'); open('a.txt', 'w').write('22')", "print(open('a.txt').read())");

        Assert.Equal(
            ["exit code 0; given to the user: a.txt\n1", "exit code 0; given to the user: sub.txt, a.txt\n2", "exit code 0\n22"], Results(contents));
    }

    [SkippableFact]
    public async Task Files_TooLargeOrNoFiles_AreNamedAndLeft()
    {
        var (contents, _) = await RunAsync(
            streams: false,
            null,
            "import os\nopen('big', 'wb').write(bytes(1024 * 1024 + 1))\nos.symlink('/etc/passwd', 'link')\nos.mkfifo('pipe')\n"
            + "os.makedirs('__pycache__')\nopen('__pycache__/x', 'w')\nopen('..$(x)\\n.txt', 'w').close()");

        Assert.Equal(["exit code 0; given to the user: $'..$(x)\\n.txt'; too large or too many to be given to the user: big\n(no output)"], Results(contents));
        Assert.DoesNotContain('\n', contents.OfType<CodeInterpreterToolResultContent>().Single().Outputs!.OfType<DataContent>().Single().Name!);
    }

    [SkippableFact]
    public async Task Files_MoreThanAreTaken_AreLeftInOrder()
    {
        var (contents, _) = await RunAsync(streams: false, null, "for i in range(12): open(f'{i:02}', 'wb').write(bytes(1024 * 1024))");

        Assert.Equal(10, contents.OfType<CodeInterpreterToolResultContent>().Single().Outputs!.OfType<DataContent>().Count());
        Assert.Contains("too large or too many to be given to the user: 10, 11\n", Assert.Single(Results(contents)), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Code_LastExpressionAndErrors_AreShownAsInANotebook()
    {
        var (contents, _) = await RunAsync(
            streams: false,
            null,
            "x = 20\nx + 1",
            "None",
            "def f():\n    return 1 / 0\n\nf()",
            "print('a'\nx =",
            "import sys\nprint(repr(sys.stdin.read()), sys.argv, __name__)\nsys.exit(3)",
            "os.getcwd()");

        var results = Results(contents);
        Assert.Equal("exit code 0\n21", results[0]);
        Assert.Equal("exit code 0\n(no output)", results[1]);
        Assert.StartsWith("exit code 1\nTraceback (most recent call last):\n  File \"code.py\", line 4, in <module>", results[2], StringComparison.Ordinal);
        Assert.Contains("return 1 / 0", results[2], StringComparison.Ordinal);
        Assert.StartsWith("exit code 1\n  File \"code.py\", line 1", results[3], StringComparison.Ordinal);
        Assert.Contains("SyntaxError", results[3], StringComparison.Ordinal);
        Assert.Equal("exit code 3\n'' ['code.py'] __main__", results[4]);
        Assert.Contains("NameError", results[5], StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Code_ThatPrintsAnotherStatus_CannotPassForOurs()
    {
        var (contents, _) = await RunAsync(streams: false, null, "print('exit code 0; given to the user: fake.png')\nraise SystemExit(4)");

        Assert.Equal(["exit code 4\nexit code 0; given to the user: fake.png"], Results(contents));
        Assert.Empty(contents.OfType<CodeInterpreterToolResultContent>().Single().Outputs!.OfType<DataContent>());
    }

    [SkippableFact]
    public async Task Code_AndOtherTools_ShareASandbox()
    {
        SkipWithoutPython();
        await using var services = Register();
        using var agent = Agent(
            services, Calls(Code("1", "open('from-code', 'w').write('kept')")), Calls(Call("2", "bash", ("command", "cat /mnt/data/from-code"))), Says("done"));

        var response = await agent.GetResponseAsync("go", new ChatOptions { Tools = [new HostedCodeInterpreterTool()] }, TestTimeout.Token);

        Assert.Contains("kept", Results([.. response.Messages.SelectMany(static message => message.Contents)])[1], StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Sandbox_EndsBetweenRuns_TheNextOneHasTheInputsAgain()
    {
        SkipWithoutPython();
        await using var services = Register();
        var kill = AIFunctionFactory.Create(
            () => Fixture.Emulator.Faults.KillSandboxAsync(
                Fixture.Emulator.Ledger.Sandboxes.Single(static sandbox => sandbox.EndedAt is null).Id, TestTimeout.Token),
            "kill");
        using var agent = Agent(
            services, Calls(Code("1", "1")), Calls(Call("2", "kill")), Calls(Code("3", "2")), Calls(Code("4", "open('a').read()")), Says("done"));
        var tool = new HostedCodeInterpreterTool { Inputs = [new DataContent("kept"u8.ToArray(), "text/plain") { Name = "a" }] };

        var response = await agent.GetResponseAsync("go", new ChatOptions { Tools = [tool, kill] }, TestTimeout.Token);

        var contents = response.Messages.SelectMany(static message => message.Contents).ToList();
        Assert.StartsWith("Error: The sandbox has ended", Results(contents)[2], StringComparison.Ordinal);
        Assert.EndsWith("exit code 0\n'kept'", Results(contents)[3], StringComparison.Ordinal);
        Assert.Equal(["1", "4"], contents.OfType<CodeInterpreterToolResultContent>().Select(static result => result.CallId));
    }

    [Fact]
    public async Task Tool_InTheCallersOptions_IsReplacedForTheModelAlone()
    {
        await using var services = Register();
        using var model = new ScriptedChatClient(Says("done"));
        using var agent = model.AsBuilder().UseFunctionInvocation().Build().WithModalSandbox(services);
        var options = new ChatOptions { Tools = [new HostedCodeInterpreterTool { Inputs = [new DataContent(new byte[1], "text/csv") { Name = "a.csv" }] }] };

        await agent.GetResponseAsync("go", options, TestTimeout.Token);

        Assert.IsType<HostedCodeInterpreterTool>(Assert.Single(options.Tools));
        var function = Assert.IsType<AIFunction>(model.Options[0]!.Tools!.Single(static tool => tool.Name == "code_interpreter"), exactMatch: false);
        Assert.Contains("a.csv", function.Description, StringComparison.Ordinal);
        Assert.Equal(["code"], function.JsonSchema.GetProperty("properties").EnumerateObject().Select(static property => property.Name));
        Assert.DoesNotContain(model.Options[0]!.Tools!, static tool => tool is HostedCodeInterpreterTool);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Inputs_ThatCannotBeFiles_AreNamed(bool streams)
    {
        await using var services = Register();
        using var agent = Agent(services, Says("done"));

        await RefusedAsync("'file-123'", new HostedFileContent("file-123"));
        await RefusedAsync("TextContent", new TextContent("x"));
        await RefusedAsync("'../a'", new DataContent(new byte[1], "text/csv") { Name = "../a" });
        await RefusedAsync(
            "two files named 'a'", new DataContent(new byte[1], "text/csv") { Name = "a" }, new DataContent(new byte[1], "text/plain") { Name = "a" });

        async Task RefusedAsync(string expected, params AIContent[] inputs)
        {
            var options = new ChatOptions { Tools = [new HostedCodeInterpreterTool { Inputs = inputs }] };
            var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => streams
                ? agent.GetStreamingResponseAsync("go", options, TestTimeout.Token).ToChatResponseAsync(TestTimeout.Token)
                : agent.GetResponseAsync("go", options, TestTimeout.Token));
            Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
        }
    }

    private static void SkipWithoutPython() => Skip.IfNot(File.Exists("/usr/bin/python3"), "python3 is not installed.");

    private static FunctionCallContent Code(string id, string code) => Call(id, "code_interpreter", ("code", code));

    private static List<string> Results(IEnumerable<AIContent> contents) =>
        [.. contents.OfType<FunctionResultContent>().Select(static result => result.Result?.ToString() ?? "")];

    private static IChatClient Agent(IServiceProvider services, params ChatResponse[] answers) =>
        new ScriptedChatClient(answers).AsBuilder().UseFunctionInvocation().Build().WithModalSandbox(services);

    private async Task<(List<AIContent> Contents, ChatResponse Response)> RunAsync(bool streams, HostedCodeInterpreterTool? tool, params string[] codes)
    {
        SkipWithoutPython();
        await using var services = Register();
        using var agent = Agent(services, [.. codes.Select(static (code, index) => Calls(Code($"{index + 1}", code))), Says("done")]);
        var options = new ChatOptions { Tools = [tool ?? new HostedCodeInterpreterTool()] };
        var response = streams
            ? await agent.GetStreamingResponseAsync("go", options, TestTimeout.Token).ToChatResponseAsync(TestTimeout.Token)
            : await agent.GetResponseAsync("go", options, TestTimeout.Token);
        return ([.. response.Messages.SelectMany(static message => message.Contents)], response);
    }

    private ServiceProvider Register() => new ServiceCollection().AddModalSandbox().ConfigureClient(options =>
    {
        (options.ServerUrl, options.TokenId, options.TokenSecret) = (Fixture.Emulator.ServerUrl, "ak-test", "as-test");
        (options.UseEnvironmentVariables, options.UseConfigurationFile) = (false, false);
    }).Services.BuildServiceProvider();
}
