using Microsoft.Extensions.AI;
using ModalAI.TestSupport;
using static ModalAI.Tests.FunctionInvocation.ScriptedChatClient;

namespace ModalAI.Tests.FunctionInvocation;

public sealed class FunctionInvokingChatClientTests
{
    private static readonly AIFunction Add = AIFunctionFactory.Create((int a, int b) => a + b, "add");
    private static readonly AIFunction Fail = AIFunctionFactory.Create(string () => throw new InvalidDataException("secret detail"), "fail");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Response_ModelAsksForCalls_GetsTheirResultsUntilItAsksForNoMore(bool isStreaming)
    {
        using var model = new ScriptedChatClient(
            Calls(Call("1", "add", ("a", 1), ("b", 2)), Call("2", "add", ("a", 3), ("b", 4))),
            Calls(Call("3", "add", ("a", 5), ("b", 6))),
            Says("done"));

        var response = await RunAsync(model, isStreaming, tools: [Add]);

        Assert.Equal("done", response.Messages[^1].Text);
        Assert.Equal(["3", "7", "11"], Results(response.Messages).Select(static result => result.Result?.ToString()));
        Assert.Equal(
            [ChatRole.Assistant, ChatRole.Tool, ChatRole.Assistant, ChatRole.Tool, ChatRole.Assistant],
            response.Messages.Select(static message => message.Role));
        Assert.Equal([1, 3, 5], model.Sent.Select(static messages => messages.Count));
        Assert.Equal(["1", "2"], Results(model.Sent[1]).Select(static result => result.CallId));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Response_WithoutCalls_PassesThrough(bool isStreaming)
    {
        using var model = new ScriptedChatClient(Says("hello"));

        var response = await RunAsync(model, isStreaming, tools: [Add]);

        Assert.Equal("hello", response.Text);
        Assert.Single(model.Sent);
    }

    [Fact]
    public async Task Streaming_TextBeforeACall_IsNotHeldBack()
    {
        using var model = new ScriptedChatClient(Answer(new TextContent("let me see"), Call("1", "wait")), Says("done"));
        var called = new TaskCompletionSource();
        var wait = AIFunctionFactory.Create(() => called.Task, "wait");
        using var client = model.AsBuilder().UseFunctionInvocation().Build();

        await foreach (var update in client.GetStreamingResponseAsync("go", new ChatOptions { Tools = [wait] }, TestTimeout.Token))
        {
            // Were the text held back until the call has its result, this would never be reached.
            called.TrySetResult();
        }

        Assert.Equal(2, model.Sent.Count);
    }

    [Theory]
    [InlineData(false, "Error: Function failed.")]
    [InlineData(true, "Error: Function failed. Exception: secret detail")]
    public async Task Call_FunctionThrows_TellsTheModelAsMuchAsIsAllowed(bool isDetailed, string text)
    {
        using var model = new ScriptedChatClient(Calls(Call("1", "fail")), Says("done"));

        var response = await RunAsync(model, tools: [Fail], configure: client => client.IncludeDetailedErrors = isDetailed);

        var result = Assert.Single(Results(response.Messages));
        Assert.Equal(text, result.Result);
        Assert.IsType<InvalidDataException>(result.Exception);
    }

    [Fact]
    public async Task Call_UnknownFunction_TellsTheModel()
    {
        using var model = new ScriptedChatClient(Calls(Call("1", "nope"), Call("2", "add", ("a", 1), ("b", 1))), Says("done"));

        var response = await RunAsync(model, tools: [Add]);

        Assert.Equal(
            ["Error: Requested function \"nope\" not found.", "2"],
            Results(response.Messages).Select(static result => result.Result?.ToString()));
    }

    [Fact]
    public async Task Call_UnknownFunctionThatEndsTheLoop_GoesToTheCaller()
    {
        using var model = new ScriptedChatClient(Calls(Call("1", "nope")), Says("done"));

        var response = await RunAsync(model, tools: [Add], configure: static client => client.TerminateOnUnknownCalls = true);

        Assert.IsType<FunctionCallContent>(Assert.Single(Assert.Single(response.Messages).Contents));
    }

    [Fact]
    public async Task Call_FunctionThatOnlyTheCallerHas_GoesToTheCaller()
    {
        using var model = new ScriptedChatClient(Calls(Call("1", "add")), Says("done"));

        var response = await RunAsync(model, tools: [Add.AsDeclarationOnly()]);

        Assert.Empty(Results(response.Messages));
        Assert.Single(model.Sent);
    }

    [Fact]
    public async Task Call_AdditionalTool_IsCalledThoughTheModelWasNotToldOfIt()
    {
        using var model = new ScriptedChatClient(Calls(Call("1", "add", ("a", 1), ("b", 1))), Says("done"));

        var response = await RunAsync(model, tools: null, configure: static client => client.AdditionalTools = [Add]);

        Assert.Equal("2", Assert.Single(Results(response.Messages)).Result?.ToString());
        Assert.Null(model.Options[0]?.Tools);
    }

    [Fact]
    public async Task Call_ResultsWithoutJson_PassThroughOrBecomeTheSuccessText()
    {
        var data = new DataContent(new byte[] { 1 }, "image/png");
        AITool[] tools = [AIFunctionFactory.Create(() => data, "picture"), AIFunctionFactory.Create(() => { }, "nothing")];
        using var model = new ScriptedChatClient(Calls(Call("1", "picture"), Call("2", "nothing")), Says("done"));

        var response = await RunAsync(model, tools: tools);

        Assert.Equal([data, "Success: Function completed."], Results(response.Messages).Select(static result => result.Result));
    }

    [Fact]
    public async Task Errors_FourTimesInARow_ReachTheCaller()
    {
        using var model = new ScriptedChatClient(Calls(Call("1", "fail")));

        await Assert.ThrowsAsync<InvalidDataException>(() => RunAsync(new Renumbering(model), tools: [Fail]));

        Assert.Equal(4, model.Sent.Count);
    }

    [Fact]
    public async Task Errors_WithASuccessBetween_CountAnew()
    {
        using var model = new ScriptedChatClient(
            Calls(Call("1", "fail")),
            Calls(Call("2", "fail")),
            Calls(Call("3", "fail")),
            Calls(Call("4", "add", ("a", 1), ("b", 1))),
            Calls(Call("5", "fail")),
            Says("done"));

        var response = await RunAsync(model, tools: [Add, Fail]);

        Assert.Equal("done", response.Messages[^1].Text);
    }

    [Fact]
    public async Task Iterations_AtTheirLimit_ModelIsAskedOnceMoreWithoutFunctions()
    {
        using var model = new ScriptedChatClient(
            Calls(Call("1", "add", ("a", 1), ("b", 1))), Calls(Call("2", "add", ("a", 1), ("b", 1))), Says("done"));

        var response = await RunAsync(model, tools: [Add], configure: static client => client.MaximumIterationsPerRequest = 2);

        Assert.Equal("done", response.Messages[^1].Text);
        Assert.Equal([1, 1, null], model.Options.Select(static options => options?.Tools?.Count));
    }

    [Fact]
    public void Limits_ByDefault_AreThoseOfThePackage()
    {
        using var model = new ScriptedChatClient(Says("x"));
        using var client = new FunctionInvokingChatClient(model);

        Assert.Equal((40, 3), (client.MaximumIterationsPerRequest, client.MaximumConsecutiveErrorsPerRequest));
        Assert.False(client.IncludeDetailedErrors);
        Assert.False(client.AllowConcurrentInvocation);
        Assert.False(client.TerminateOnUnknownCalls);
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 2)]
    public async Task Calls_AskedForTogether_RunAtOnceOnlyWhereAllowed(bool isAllowed, int expected)
    {
        var running = 0;
        var most = 0;
        var bothRun = new TaskCompletionSource();
        var function = AIFunctionFactory.Create(
            async () =>
            {
                most = Math.Max(most, Interlocked.Increment(ref running));
                if (most == 2 || !isAllowed)
                {
                    bothRun.TrySetResult();
                }

                await bothRun.Task;
                Interlocked.Decrement(ref running);
            },
            "work");
        using var model = new ScriptedChatClient(Calls(Call("1", "work"), Call("2", "work")), Says("done"));

        await RunAsync(model, tools: [function], configure: client => client.AllowConcurrentInvocation = isAllowed);

        Assert.Equal(expected, most);
    }

    [Fact]
    public async Task Invoker_IsSet_TakesThePlaceOfTheFunction()
    {
        using var model = new ScriptedChatClient(Calls(Call("1", "add", ("a", 1), ("b", 2))), Says("done"));
        FunctionInvocationContext? seen = null;

        var response = await RunAsync(model, tools: [Add], configure: client => client.FunctionInvoker = (context, _) =>
        {
            seen = context;
            Assert.Same(context, FunctionInvokingChatClient.CurrentContext);
            return ValueTask.FromResult<object?>("instead");
        });

        Assert.Equal("instead", Assert.Single(Results(response.Messages)).Result);
        Assert.Equal(("add", 0, 0, 1, 1), (seen!.Function.Name, seen.Iteration, seen.FunctionCallIndex, seen.FunctionCount, seen.Arguments["a"]));
        Assert.Null(FunctionInvokingChatClient.CurrentContext);
    }

    [Fact]
    public async Task Function_Terminates_ModelIsNotAskedAgain()
    {
        using var model = new ScriptedChatClient(Calls(Call("1", "stop"), Call("2", "add")), Says("done"));
        var stop = AIFunctionFactory.Create(() => { FunctionInvokingChatClient.CurrentContext!.Terminate = true; }, "stop");

        var response = await RunAsync(model, tools: [stop, Add]);

        Assert.Equal("1", Assert.Single(Results(response.Messages)).CallId);
        Assert.Single(model.Sent);
    }

    [Fact]
    public async Task Cancellation_DuringACall_ReachesTheCaller()
    {
        using var cancellation = new CancellationTokenSource();
        using var model = new ScriptedChatClient(Calls(Call("1", "wait")), Says("done"));
        var wait = AIFunctionFactory.Create(
            async (CancellationToken cancellationToken) =>
            {
                await cancellation.CancelAsync();
                await Task.Delay(Timeout.Infinite, cancellationToken);
            },
            "wait");
        using var client = model.AsBuilder().UseFunctionInvocation().Build();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => client.GetResponseAsync("go", new ChatOptions { Tools = [wait] }, cancellation.Token));

        Assert.Single(model.Sent);
    }

    [Fact]
    public async Task RequiredToolMode_AfterTheFirstCalls_IsLifted()
    {
        using var model = new ScriptedChatClient(Calls(Call("1", "add", ("a", 1), ("b", 1))), Says("done"));
        using var client = model.AsBuilder().UseFunctionInvocation().Build();
        var options = new ChatOptions { Tools = [Add], ToolMode = ChatToolMode.RequireAny };

        await client.GetResponseAsync("go", options, TestTimeout.Token);

        Assert.Equal([ChatToolMode.RequireAny, null], model.Options.Select(static sent => sent?.ToolMode));
        Assert.Same(ChatToolMode.RequireAny, options.ToolMode);
    }

    [Fact]
    public async Task ServiceKeepsTheConversation_OnlyResultsAreSent()
    {
        var first = Calls(Call("1", "add", ("a", 1), ("b", 1)));
        first.ConversationId = "conversation";
        using var model = new ScriptedChatClient(first, Says("done"));

        await RunAsync(model, tools: [Add]);

        Assert.Equal(ChatRole.Tool, Assert.Single(model.Sent[1]).Role);
        Assert.Equal("conversation", model.Options[1]?.ConversationId);
    }

    [Fact]
    public async Task ServiceMadeTheCall_IsNotMadeAgain()
    {
        using var model = new ScriptedChatClient(
            Answer(Call("1", "fail"), new FunctionResultContent("1", "by the service"), new TextContent("done")));

        var response = await RunAsync(model, tools: [Fail]);

        Assert.Equal("by the service", Assert.Single(Results(response.Messages)).Result);
        Assert.Single(model.Sent);
    }

    [Fact]
    public async Task Usage_OfAllRequests_IsAddedUp()
    {
        var first = Calls(Call("1", "add", ("a", 1), ("b", 1)));
        first.Usage = new UsageDetails { InputTokenCount = 10 };
        var second = Says("done");
        second.Usage = new UsageDetails { InputTokenCount = 5 };
        using var model = new ScriptedChatClient(first, second);

        Assert.Equal(15, (await RunAsync(model, tools: [Add])).Usage?.InputTokenCount);
    }

    private static IEnumerable<FunctionResultContent> Results(IEnumerable<ChatMessage> messages) =>
        messages.SelectMany(static message => message.Contents).OfType<FunctionResultContent>();

    private static async Task<ChatResponse> RunAsync(
        IChatClient model, bool isStreaming = false, IList<AITool>? tools = null, Action<FunctionInvokingChatClient>? configure = null)
    {
        using var client = model.AsBuilder().UseFunctionInvocation(configure: configure).Build();
        var options = new ChatOptions { Tools = tools };
        return isStreaming
            ? await client.GetStreamingResponseAsync("go", options, TestTimeout.Token).ToChatResponseAsync(TestTimeout.Token)
            : await client.GetResponseAsync("go", options, TestTimeout.Token);
    }

    /// <summary>Gives each call a new id, since a call that has been made is not made again.</summary>
    private sealed class Renumbering(IChatClient inner) : DelegatingChatClient(inner)
    {
        public override async Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            var response = await base.GetResponseAsync(messages, options, cancellationToken);
            var calls = response.Messages.SelectMany(static message => message.Contents).OfType<FunctionCallContent>();
            return Calls([.. calls.Select(static call => Call(Guid.NewGuid().ToString(), call.Name))]);
        }
    }
}
