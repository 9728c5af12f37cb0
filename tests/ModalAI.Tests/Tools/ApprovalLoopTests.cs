using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using ModalAI.Tests.FunctionInvocation;
using ModalAI.TestSupport;
using static ModalAI.Tests.FunctionInvocation.ScriptedChatClient;

namespace ModalAI.Tests.Tools;

/// <summary>A scripted model, a loop that calls functions, and a person or a rule that gives consent.</summary>
public sealed class ApprovalLoopTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    private readonly HashSet<string> _before = [.. fixture.Emulator.Ledger.Sandboxes.Select(static sandbox => sandbox.Id)];

    private int Created => Fixture.Emulator.Ledger.Sandboxes.Count(sandbox => !_before.Contains(sandbox.Id));

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(true, false)]
    public async Task Call_ThatNeedsConsent_RunsOnlyWhenItIsGiven(bool streams, bool isApproved)
    {
        await using var services = Register(ModalToolApproval.Writes);
        using var agent = Agent(services, Calls(Call("1", "bash", ("command", "echo ran"))), Says("done"));
        List<ChatMessage> messages = [new(ChatRole.User, "go")];

        var first = await RunAsync(agent, streams, messages);
        var request = Assert.Single(Requests(first));
        Assert.Equal("bash", ((FunctionCallContent)request.ToolCall).Name);
        Assert.Equal(0, Created);
        messages.Add(new ChatMessage(ChatRole.User, [request.CreateResponse(isApproved)]));
        var second = await RunAsync(agent, streams, messages);

        Assert.Equal("done", second.Text);
        Assert.Equal(isApproved ? "exit code 0\nran" : "Tool call invocation rejected.", Assert.Single(Results(second)));
        Assert.Equal(isApproved ? 1 : 0, Created);
        await Fixture.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Calls_ThatOnlyRead_NeedNoConsentWhereOnlyWritesDo()
    {
        await using var services = Register(ModalToolApproval.Writes);
        using var agent = Agent(services, Calls(Call("1", "read", ("file_path", "/app/greeting"))), Says("done"));

        var response = await RunAsync(agent, streams: false, [new(ChatRole.User, "go")]);

        Assert.Contains("hello", Assert.Single(Results(response)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ReadOnlyRule_WhereAllNeedConsent_ApprovesReadsAndLeavesTheRestToAPerson(bool streams)
    {
        await using var services = Register(ModalToolApproval.All);
        using var agent = Agent(
            services,
            Calls(Call("1", "read", ("file_path", "/app/greeting"))),
            Calls(Call("2", "grep", ("pattern", "hell"), ("path", "/app")), Call("3", "write", ("file_path", "/app/greeting"), ("content", "bye"))),
            Calls(Call("4", "read", ("file_path", "/app/greeting"))),
            Says("done"));
        var rule = ModalToolApprovalRules.ReadOnly(services.GetRequiredService<ModalSandboxTools>());
        List<ChatMessage> messages = [new(ChatRole.User, "go")];
        List<string> asked = [];
        List<string> results = [];

        ChatResponse response;
        do
        {
            response = await RunAsync(agent, streams, messages);
            results.AddRange(Results(response));
            List<AIContent> answers = [.. response.ApproveBy(rule, out var unanswered)];
            asked.AddRange(unanswered.Select(static request => ((FunctionCallContent)request.ToolCall).Name));
            answers.AddRange(unanswered.Select(static request => request.CreateResponse(approved: false)));
            messages.Add(new ChatMessage(ChatRole.User, answers));
        }
        while (Requests(response).Count > 0);

        Assert.Equal("done", response.Text);
        Assert.Equal(["write"], asked);
        Assert.Equal(4, results.Count);
        Assert.Equal(2, results.Count(static result => result.Contains("     1\thello", StringComparison.Ordinal)));
        Assert.Contains(results, static result => result.EndsWith("/app/greeting", StringComparison.Ordinal));
        Assert.Contains("Tool call invocation rejected.", results);
    }

    [Fact]
    public async Task CodeInterpreter_WhereCommandsNeedConsent_NeedsItToo()
    {
        await using var services = Register(ModalToolApproval.Writes);
        using var agent = Agent(services, Calls(Call("1", "code_interpreter", ("code", "print(1)"))), Says("done"));

        var response = await agent.GetResponseAsync("go", new ChatOptions { Tools = [new HostedCodeInterpreterTool()] }, TestTimeout.Token);

        Assert.Single(Requests(response));
        Assert.Equal(0, Created);
    }

    [Fact]
    public void ReadOnlyRule_OfToolsThatAreNotOurs_ApprovesNothing()
    {
        using var services = Register(ModalToolApproval.All);
        var own = services.GetRequiredService<ModalSandboxTools>();
        var read = own.OfType<AIFunction>().Single(static tool => tool.Name == "read");
        var stranger = AIFunctionFactory.Create(static () => "x", new AIFunctionFactoryOptions
        {
            Name = "read",
            AdditionalProperties = new Dictionary<string, object?> { ["modalai.read_only"] = true },
        });

        Assert.True(IsApproved("read", own));
        Assert.True(IsApproved("read", new Wrapper(read)));
        Assert.False(IsApproved("write", own));
        Assert.False(IsApproved("Read", own));
        Assert.False(IsApproved("unknown", own));
        Assert.False(IsApproved("read", stranger));
        Assert.False(IsApproved("read", [.. own, stranger]));
        Assert.True(IsApproved("grep", [.. own, stranger]));

        static bool IsApproved(string name, params IEnumerable<AITool> tools) => ModalToolApprovalRules.ReadOnly(tools)(Call("1", name));
    }

    [Fact]
    public void ApproveBy_RequestsForOtherThanFunctions_AreLeft()
    {
        var request = new ToolApprovalRequestContent("1", new McpServerToolCallContent("1", "read", "server"));

        var answers = Answer(request).ApproveBy(static _ => true, out var unanswered);

        Assert.Empty(answers);
        Assert.Same(request, Assert.Single(unanswered));
    }

    private static IChatClient Agent(IServiceProvider services, params ChatResponse[] answers) =>
        new ScriptedChatClient(answers).AsBuilder().UseFunctionInvocation().Build().WithModalSandbox(services);

    /// <summary>Asks the agent, and adds its answer to the messages.</summary>
    private static async Task<ChatResponse> RunAsync(IChatClient agent, bool streams, List<ChatMessage> messages)
    {
        var response = streams
            ? await agent.GetStreamingResponseAsync(messages, null, TestTimeout.Token).ToChatResponseAsync(TestTimeout.Token)
            : await agent.GetResponseAsync(messages, null, TestTimeout.Token);
        messages.AddMessages(response);
        return response;
    }

    private static List<ToolApprovalRequestContent> Requests(ChatResponse response) => Contents<ToolApprovalRequestContent>(response);

    private static IEnumerable<string> Results(ChatResponse response) => Contents<FunctionResultContent>(response).Select(static result => result.Result!.ToString()!);

    private static List<T> Contents<T>(ChatResponse response) => [.. response.Messages.SelectMany(static message => message.Contents).OfType<T>()];

    private ServiceProvider Register(ModalToolApproval approval) => new ServiceCollection()
        .AddModalSandbox(options =>
        {
            options.Tools.Approval = approval;
            options.InitialFiles["/app/greeting"] = "hello";
        })
        .ConfigureClient(options =>
        {
            (options.ServerUrl, options.TokenId, options.TokenSecret) = (Fixture.Emulator.ServerUrl, "ak-test", "as-test");
            (options.UseEnvironmentVariables, options.UseConfigurationFile) = (false, false);
        })
        .Services.BuildServiceProvider();

    private sealed class Wrapper(AIFunction function) : DelegatingAIFunction(function);
}
