using Microsoft.Extensions.AI;
using ModalAI.TestSupport;
using static ModalAI.Tests.FunctionInvocation.ScriptedChatClient;

namespace ModalAI.Tests.FunctionInvocation;

public sealed class ToolApprovalTests
{
    private readonly List<string> _called = [];
    private readonly AITool[] _tools;

    public ToolApprovalTests() => _tools =
    [
        new ApprovalRequiredAIFunction(AIFunctionFactory.Create(() => _called.Add("dangerous"), "dangerous")),
        AIFunctionFactory.Create(() => _called.Add("harmless"), "harmless"),
    ];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Calls_OneNeedsApproval_AllBecomeRequestsAndNoneIsMade(bool isStreaming)
    {
        using var model = new ScriptedChatClient(Answer(new TextContent("I will"), Call("1", "harmless"), Call("2", "dangerous")));

        var response = await RunAsync(model, isStreaming, [new(ChatRole.User, "go")]);

        var contents = response.Messages.SelectMany(static message => message.Contents).ToList();
        Assert.Equal(["1", "2"], contents.OfType<ToolApprovalRequestContent>().Select(static request => request.ToolCall.CallId));
        Assert.DoesNotContain(contents, static content => content is FunctionCallContent);
        Assert.Empty(_called);
        Assert.Single(model.Sent);
    }

    [Fact]
    public async Task Calls_NoneNeedsApproval_AreMade()
    {
        using var model = new ScriptedChatClient(Calls(Call("1", "harmless")), Says("done"));

        await RunAsync(model, isStreaming: false, [new(ChatRole.User, "go")]);

        Assert.Equal(["harmless"], _called);
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(true, false)]
    public async Task Response_ToTheRequest_MakesTheCallOrTellsTheModelOfTheRefusal(bool isStreaming, bool isApproved)
    {
        using var model = new ScriptedChatClient(Calls(Call("1", "dangerous")), Says("done"));
        List<ChatMessage> messages = [new(ChatRole.User, "go")];
        var first = await RunAsync(model, isStreaming, messages);
        messages.AddRange(first.Messages);
        var request = messages.SelectMany(static message => message.Contents).OfType<ToolApprovalRequestContent>().Single();
        messages.Add(new ChatMessage(ChatRole.User, [request.CreateResponse(isApproved, isApproved ? null : "Too dangerous.")]));
        messages.Add(new ChatMessage(ChatRole.User, "and then"));

        var second = await RunAsync(model, isStreaming, messages);

        Assert.Equal(isApproved ? ["dangerous"] : [], _called);
        Assert.Equal([ChatRole.User, ChatRole.Assistant, ChatRole.Tool, ChatRole.User], model.Sent[1].Select(static message => message.Role));
        Assert.Equal("1", Assert.IsType<FunctionCallContent>(Assert.Single(model.Sent[1][1].Contents)).CallId);
        var result = Assert.IsType<FunctionResultContent>(Assert.Single(model.Sent[1][2].Contents));
        Assert.Equal("1", result.CallId);
        Assert.Equal(isApproved, result.Result?.ToString() != "Tool call invocation rejected. Too dangerous.");
        Assert.Equal([ChatRole.Assistant, ChatRole.Tool, ChatRole.Assistant], second.Messages.Select(static message => message.Role));
        Assert.Equal("done", second.Text);
    }

    [Fact]
    public async Task Response_IsMissing_SaysWhichCallWaits()
    {
        using var model = new ScriptedChatClient(Calls(Call("call-7", "dangerous")), Says("done"));
        List<ChatMessage> messages = [new(ChatRole.User, "go")];
        messages.AddRange((await RunAsync(model, isStreaming: false, messages)).Messages);

        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => RunAsync(model, isStreaming: false, messages));

        Assert.Contains("call-7", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NextTurn_WithTheWholeHistory_DoesNotMakeTheCallAgain()
    {
        using var model = new ScriptedChatClient(Calls(Call("1", "dangerous")), Says("done"), Says("and on"));
        List<ChatMessage> messages = [new(ChatRole.User, "go")];
        messages.AddRange((await RunAsync(model, isStreaming: false, messages)).Messages);
        var request = messages.SelectMany(static message => message.Contents).OfType<ToolApprovalRequestContent>().Single();
        messages.Add(new ChatMessage(ChatRole.User, [request.CreateResponse(approved: true)]));
        messages.AddRange((await RunAsync(model, isStreaming: false, messages)).Messages);
        messages.Add(new ChatMessage(ChatRole.User, "more"));

        var response = await RunAsync(model, isStreaming: false, messages);

        Assert.Equal("and on", response.Text);
        Assert.Equal(["dangerous"], _called);
    }

    private async Task<ChatResponse> RunAsync(IChatClient model, bool isStreaming, List<ChatMessage> messages)
    {
        using var client = model.AsBuilder().UseFunctionInvocation().Build();
        var options = new ChatOptions { Tools = _tools };
        return isStreaming
            ? await client.GetStreamingResponseAsync(messages, options, TestTimeout.Token).ToChatResponseAsync(TestTimeout.Token)
            : await client.GetResponseAsync(messages, options, TestTimeout.Token);
    }
}
