using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using ModalAI.Tests.FunctionInvocation;
using ModalAI.TestSupport;
using static ModalAI.Tests.FunctionInvocation.ScriptedChatClient;

namespace ModalAI.Tests.Tools;

/// <summary>The sandbox of a response that asks for consent, until the answer comes and after.</summary>
public sealed class ApprovalSandboxTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    private readonly HashSet<string> _before = [.. fixture.Emulator.Ledger.Sandboxes.Select(static sandbox => sandbox.Id)];

    private List<string> Created => [.. Fixture.Emulator.Ledger.Sandboxes.Select(static sandbox => sandbox.Id).Where(id => !_before.Contains(id))];

    private bool IsAnyLive => Fixture.Emulator.Ledger.Sandboxes.Any(sandbox => sandbox.EndedAt is null && !_before.Contains(sandbox.Id));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Calls_ApprovedOneAfterTheOther_FindWhatTheEarlierLeft(bool streams)
    {
        await using var services = Register();
        using var agent = Agent(services, Write("1"), Calls(Bash("2", "cat /tmp/file")), Says("done"), Calls(Bash("3", "ls /tmp/file")), Says("done"));
        List<ChatMessage> messages = [new(ChatRole.User, "go")];

        Assert.Equal([], Results(await RunAsync(agent, streams, messages)));
        Assert.Empty(Created);
        Assert.StartsWith("created ", Assert.Single(Results(await AnswerAsync(agent, streams, messages))), StringComparison.Ordinal);
        Assert.True(IsAnyLive);
        Assert.Equal(["exit code 0\nkept"], Results(await AnswerAsync(agent, streams, messages)));
        Assert.Single(Created);
        await Fixture.AssertNothingLeftAsync();

        // The answers are still among the messages, but that response is over.
        messages.Add(new ChatMessage(ChatRole.User, "once more"));
        await RunAsync(agent, streams, messages);
        Assert.StartsWith("exit code 2\n", Assert.Single(Results(await AnswerAsync(agent, streams, messages))), StringComparison.Ordinal);
        Assert.Equal(2, Created.Count);
        await Fixture.AssertNothingLeftAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Answer_Refused_EndsTheSandboxWithTheResponse(bool streams)
    {
        await using var services = Register();
        using var agent = Agent(services, Read("1"), Calls(Bash("2", "true")), Says("done"));
        List<ChatMessage> messages = [new(ChatRole.User, "go")];

        await RunAsync(agent, streams, messages);
        Assert.True(IsAnyLive);
        Assert.Equal("done", (await AnswerAsync(agent, streams, messages, isApproved: false)).Text);

        Assert.Single(Created);
        await Fixture.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Conversations_WhoseCallsHaveTheSameIds_KeepTheirOwnSandboxes()
    {
        var count = TestSize.Of(ci: 3, full: 30);
        await using var services = Register();
        using var agent = new ModelOfManyConversations().AsBuilder().UseFunctionInvocation().Build().WithModalSandbox(services);
        List<ChatMessage>[] conversations = [.. Enumerable.Range(0, count).Select(static number => new List<ChatMessage> { new(ChatRole.User, $"{number}") })];

        await Task.WhenAll(conversations.Select((messages, number) => RunAsync(agent, number % 2 == 0, messages)));
        await Task.WhenAll(conversations.Select((messages, number) => AnswerAsync(agent, number % 2 == 0, messages)));
        var last = await Task.WhenAll(conversations.Reverse().Select(messages => AnswerAsync(agent, streams: true, messages)));

        Assert.Equal(Enumerable.Range(0, count).Reverse().Select(static number => $"exit code 0\n{number}"), last.Select(static response => Results(response)[^1]));
        Assert.Equal(count, Created.Count);
        await Fixture.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Answer_AfterTheTime_GetsANewSandboxAndIsToldOnce()
    {
        await using var services = Register(static options => options.Tools.ApprovalTimeout = TimeSpan.FromSeconds(1));
        using var agent = Agent(services, Read("1"), Calls(Bash("2", "true"), Bash("3", "true")), Says("done"));
        List<ChatMessage> messages = [new(ChatRole.User, "go")];

        await RunAsync(agent, streams: true, messages);
        await Fixture.AssertNothingLeftAsync();
        var first = Assert.Single(Created);
        var results = Results(await AnswerAsync(agent, streams: true, messages));

        Assert.StartsWith($"Note: the earlier sandbox ({first}) was given up because consent took too long. Another one (sb-", results[0], StringComparison.Ordinal);
        Assert.Contains("\nexit code 0\n", results[0], StringComparison.Ordinal);
        Assert.StartsWith("exit code 0\n", results[1], StringComparison.Ordinal);
        Assert.Equal(2, Created.Count);
        await Fixture.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Answer_SandboxHasEndedMeanwhile_RunsInAnotherAndSaysSo()
    {
        await using var services = Register();
        using var agent = Agent(services, Read("1"), Calls(Bash("2", "echo ran")), Says("done"));
        List<ChatMessage> messages = [new(ChatRole.User, "go")];

        await RunAsync(agent, streams: false, messages);
        await Client.Sandboxes.Get(Assert.Single(Created)).TerminateAndWaitAsync(cancellationToken: TestTimeout.Token);
        var results = Results(await AnswerAsync(agent, streams: false, messages));

        Assert.Matches(@"\ANote: the earlier sandbox \(sb-\w+\) .*\nexit code 0\nran\z", Assert.Single(results));
        await Fixture.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Answer_FileThatWasReadHasChangedMeanwhile_IsNotOverwritten()
    {
        await using var services = Register();
        using var agent = Agent(
            services, Read("1"), Calls(Call("2", "edit", ("file_path", "/app/greeting"), ("old_string", "l"), ("new_string", "L"), ("replace_all", true))), Says("done"));
        List<ChatMessage> messages = [new(ChatRole.User, "go")];

        await RunAsync(agent, streams: false, messages);
        await Client.Sandboxes.Get(Assert.Single(Created)).Files.WriteAllTextAsync("/app/greeting", "all else", cancellationToken: TestTimeout.Token);
        var result = Assert.Single(Results(await AnswerAsync(agent, streams: false, messages)));

        Assert.StartsWith("Error: ", result, StringComparison.Ordinal);
        Assert.Contains("changed", result, StringComparison.Ordinal);
        await Fixture.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Dispose_WhileConsentIsWaitedFor_EndsTheSandbox()
    {
        await using var services = Register();
        using (var agent = Agent(services, Read("1"), Calls(Bash("2", "true"))))
        {
            await RunAsync(agent, streams: true, [new(ChatRole.User, "go")]);
            Assert.True(IsAnyLive);
        }

        Assert.Single(Created);
        await Fixture.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Services_DisposedOfWhileConsentIsWaitedFor_EndTheSandbox()
    {
        var services = Register();
        using var agent = Agent(services, Read("1"), Calls(Bash("2", "true")));
        await using (services)
        {
            await RunAsync(agent, streams: false, [new(ChatRole.User, "go")]);
            Assert.True(IsAnyLive);
        }

        await Fixture.AssertNothingLeftAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ReuseExisting_ApprovedCalls_KeepTheirSandbox(bool streams)
    {
        await using var services = Register(options => (options.Mode, options.Name) = (ModalSandboxMode.ReuseExisting, $"consent-{streams}"));
        using var agent = Agent(services, Write("1"), Calls(Bash("2", "cat /tmp/file")), Says("done"));
        List<ChatMessage> messages = [new(ChatRole.User, "go")];

        await RunAsync(agent, streams, messages);
        await AnswerAsync(agent, streams, messages);

        Assert.Equal(["exit code 0\nkept"], Results(await AnswerAsync(agent, streams, messages)));
        Assert.True(IsAnyLive);
        await Client.Sandboxes.Get(Assert.Single(Created)).TerminateAsync(TestTimeout.Token);
    }

    private static ChatResponse Read(string id) => Calls(Call(id, "read", ("file_path", "/app/greeting")));

    private static ChatResponse Write(string id) => Calls(Call(id, "write", ("file_path", "/tmp/file"), ("content", "kept")));

    private static FunctionCallContent Bash(string id, string command) => Call(id, "bash", ("command", command));

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

    /// <summary>Gives or refuses consent to what the last message asks for.</summary>
    private static Task<ChatResponse> AnswerAsync(IChatClient agent, bool streams, List<ChatMessage> messages, bool isApproved = true)
    {
        ToolApprovalRequestContent[] requests = [.. messages[^1].Contents.OfType<ToolApprovalRequestContent>()];
        Assert.NotEmpty(requests);
        messages.Add(new ChatMessage(ChatRole.User, [.. requests.Select(request => request.CreateResponse(isApproved))]));
        return RunAsync(agent, streams, messages);
    }

    private static List<string> Results(ChatResponse response) =>
        [.. response.Messages.SelectMany(static message => message.Contents).OfType<FunctionResultContent>().Select(static result => result.Result!.ToString()!)];

    private ServiceProvider Register(Action<ModalSandboxOptions>? configure = null) => new ServiceCollection()
        .AddModalSandbox(options =>
        {
            options.Tools.Approval = ModalToolApproval.Writes;
            options.InitialFiles["/app/greeting"] = "hello";
            configure?.Invoke(options);
        })
        .ConfigureClient(options =>
        {
            (options.ServerUrl, options.TokenId, options.TokenSecret) = (Fixture.Emulator.ServerUrl, "ak-test", "as-test");
            (options.UseEnvironmentVariables, options.UseConfigurationFile) = (false, false);
        })
        .Services.BuildServiceProvider();

    /// <summary>Writes what the user says to a file, then shows the file; the ids of its calls are the same in each conversation.</summary>
    private sealed class ModelOfManyConversations : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            Next(messages).GetResponseAsync(messages, options, cancellationToken);

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            Next(messages).GetStreamingResponseAsync(messages, options, cancellationToken);

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }

        private static ScriptedChatClient Next(IEnumerable<ChatMessage> messages) => new(messages.Count(static message => message.Role == ChatRole.Tool) switch
        {
            0 => Calls(Bash("1", $"printf %s {messages.First().Text} > /tmp/file")),
            1 => Calls(Bash("2", "cat /tmp/file")),
            _ => Says("done"),
        });
    }
}
