using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using ModalAI.Tests.FunctionInvocation;
using ModalAI.TestSupport;
using static ModalAI.Tests.FunctionInvocation.ScriptedChatClient;

namespace ModalAI.Tests.Tools;

/// <summary>A scripted model, a loop that calls functions around it, and a sandbox around both.</summary>
public sealed class WithModalSandboxTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    private readonly HashSet<string> _before = [.. fixture.Emulator.Ledger.Sandboxes.Select(static sandbox => sandbox.Id)];

    private List<string> Created => [.. Fixture.Emulator.Ledger.Sandboxes.Select(static sandbox => sandbox.Id).Where(id => !_before.Contains(id))];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Response_WithoutCalls_CreatesNoSandbox(bool streams)
    {
        await using var services = Register();
        using var agent = Agent(services, Says("4"));

        var contents = await RunAsync(agent, streams);

        Assert.Equal("4", Assert.IsType<TextContent>(Assert.Single(contents)).Text);
        Assert.Empty(Created);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Response_WithCalls_SharesOneSandboxThatEndsWithIt(bool streams)
    {
        await using var services = Register();
        using var agent = Agent(
            services,
            Calls(Call("1", "write", ("file_path", "/tmp/file"), ("content", "kept"))),
            Calls(Bash("2", "sleep 600 >/dev/null 2>&1 & echo $! > /tmp/pid")),
            Calls(Bash("3", "cat /tmp/file; kill -0 $(cat /tmp/pid) && echo ' running'")),
            Says("done"));

        var contents = await RunAsync(agent, streams);

        Assert.Equal("exit code 0\nkept running", Results(contents)[^1]);
        Assert.Single(Created);
        await Fixture.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Response_CallsAtTheSameTime_ShareOneSandbox()
    {
        await using var services = Register();
        using var agent = Agent(
            services,
            static invocation => invocation.AllowConcurrentInvocation = true,
            Calls([.. Enumerable.Range(0, 8).Select(static number => Bash($"{number}", $"echo {number}"))]),
            Says("done"));

        var contents = await RunAsync(agent, streams: false);

        Assert.Equal(Enumerable.Range(0, 8).Select(static number => $"exit code 0\n{number}"), Results(contents));
        Assert.Single(Created);
    }

    [Fact]
    public async Task Responses_AtTheSameTime_HaveASandboxEach()
    {
        var count = TestSize.Of(ci: 4, full: 50);
        await using var services = Register();
        using var agent = new ModelOfManyConversations(static () => [Calls(Bash("1", "echo x >> /tmp/file; wc -l < /tmp/file")), Says("done")])
            .AsBuilder().UseFunctionInvocation().Build().WithModalSandbox(services);

        var responses = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => RunAsync(agent, streams: true)));

        Assert.All(responses, static contents => Assert.Equal(["exit code 0\n1"], Results(contents)));
        Assert.Equal(count, Created.Count);
        await Fixture.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Streaming_AbandonedAfterTheFirstUpdate_LeavesNoSandbox()
    {
        await using var services = Register();
        using var agent = Agent(services, Calls(Bash("1", "true")), Says("done"));

        await foreach (var update in agent.GetStreamingResponseAsync("go", cancellationToken: TestTimeout.Token))
        {
            break;
        }

        await Fixture.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Streaming_AbandonedAfterTheFirstResult_EndsTheSandbox()
    {
        await using var services = Register();
        using var agent = Agent(services, Calls(Bash("1", "sleep 600 >/dev/null 2>&1 &")), Says("done"));

        await foreach (var update in agent.GetStreamingResponseAsync("go", cancellationToken: TestTimeout.Token))
        {
            if (update.Contents.OfType<FunctionResultContent>().Any())
            {
                Assert.Single(Live());
                break;
            }
        }

        Assert.Single(Created);
        await Fixture.AssertNothingLeftAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Response_CancelledDuringACommand_EndsTheSandbox(bool streams)
    {
        await using var services = Register();
        using var agent = Agent(services, Calls(Bash("1", "sleep 600")), Says("done"));
        using var cancellation = new CancellationTokenSource();

        var response = RunAsync(agent, streams, cancellationToken: cancellation.Token);
        while (!Fixture.Emulator.Ledger.Processes.Any(process => process.EndedAt is null && Created.Contains(process.SandboxId)))
        {
            await Task.Delay(20, TestTimeout.Token);
        }

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => response);
        await Fixture.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Response_CancelledWhileItsSandboxIsCreated_LeavesNone()
    {
        await using var services = Register();
        using var agent = Agent(services, Calls(Bash("1", "true")), Says("done"));
        using var cancellation = new CancellationTokenSource();
        using var fault = Fixture.Emulator.Faults.Add(new ModalEmulatorFaultRule("SandboxCreateV2") { Delay = TimeSpan.FromMilliseconds(500) });

        var response = RunAsync(agent, streams: false, cancellationToken: cancellation.Token);
        await fault.WhenHitAsync(cancellationToken: TestTimeout.Token);
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => response);

        // The client waits for what it ends in the background.
        await services.DisposeAsync();
        await Fixture.AssertNothingLeftAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Response_ToolOfTheCallerThrows_EndsTheSandbox(bool streams)
    {
        await using var services = Register();
        using var model = new ScriptedChatClient(Calls(Bash("1", "true")), Calls(Call("2", "fail")), Says("done"));
        var fail = AIFunctionFactory.Create(new Action(static () => throw new TimeZoneNotFoundException()), "fail");
        using var agent = model.AsBuilder()
            .UseFunctionInvocation(configure: static invocation => invocation.MaximumConsecutiveErrorsPerRequest = 0)
            .Build().WithModalSandbox(services);

        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => RunAsync(agent, streams, new ChatOptions { Tools = [fail] }));

        Assert.Single(Created);
        await Fixture.AssertNothingLeftAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Response_ModelThrows_EndsTheSandbox(bool streams)
    {
        await using var services = Register();
        using var agent = new BreakingModel(new ScriptedChatClient(Calls(Bash("1", "true"))))
            .AsBuilder().UseFunctionInvocation().Build().WithModalSandbox(services);

        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => RunAsync(agent, streams));

        Assert.Single(Created);
        await Fixture.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Response_SandboxCannotBeTerminated_IsThereAllTheSame()
    {
        await using var services = Register();
        using var agent = Agent(services, Calls(Bash("1", "echo out")), Says("done"));
        using (var fault = Fixture.Emulator.Faults.Add(new ModalEmulatorFaultRule("SandboxTerminateV2") { Status = RpcStatusCode.PermissionDenied }))
        {
            var contents = await RunAsync(agent, streams: false);

            Assert.Equal(["exit code 0\nout"], Results(contents));
            Assert.True(fault.Hits > 0);
        }

        await TerminateAsync(Assert.Single(Created));
    }

    [Theory]
    [InlineData(ModalSandboxMode.NewPerInvocation, "The next call gets a new one")]
    [InlineData(ModalSandboxMode.ReuseExisting, "The next call may get a new one")]
    public async Task Response_SandboxEndsBetweenCalls_TellsTheModelAndGoesOnInAnother(ModalSandboxMode mode, string expected)
    {
        await using var services = Register(options => (options.Mode, options.Name) = (mode, mode == ModalSandboxMode.ReuseExisting ? "ends" : null));
        using var agent = Agent(
            services, Calls(Bash("1", "true")), Calls(Call("2", "kill")), Calls(Bash("3", "true")), Calls(Bash("4", "echo again")), Says("done"));
        var kill = AIFunctionFactory.Create(() => Fixture.Emulator.Faults.KillSandboxAsync(Assert.Single(Live()), TestTimeout.Token), "kill");

        var results = Results(await RunAsync(agent, streams: true, new ChatOptions { Tools = [kill] }));

        Assert.StartsWith("Error: The sandbox has ended", results[2], StringComparison.Ordinal);
        Assert.Contains(expected, results[2], StringComparison.Ordinal);
        Assert.Matches(@"\ANote: the earlier sandbox \(sb-\w+\) .*\nexit code 0\nagain\z", results[3]);
        Assert.Equal(2, Created.Count);
        await Task.WhenAll(Live().Select(TerminateAsync));
        await Fixture.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Response_NoSandboxToBeHad_AsksAgainWithTheNextCall()
    {
        await using var services = Register();
        using var agent = Agent(services, Calls(Bash("1", "true")), Calls(Bash("2", "echo out")), Says("done"));
        using var fault = Fixture.Emulator.Faults.Add(new ModalEmulatorFaultRule("SandboxCreateV2") { Status = RpcStatusCode.PermissionDenied, Times = 1 });

        var contents = await RunAsync(agent, streams: false);

        Assert.IsType<ModalException>(contents.OfType<FunctionResultContent>().First().Exception);
        Assert.Equal("exit code 0\nout", Results(contents)[^1]);
    }

    [Fact]
    public async Task Response_OptionsOfTheCaller_StayAsTheyWere()
    {
        await using var services = Register();
        using var model = new ScriptedChatClient(Says("done"));
        using var agent = model.AsBuilder().UseFunctionInvocation().Build().WithModalSandbox(services);
        var own = AIFunctionFactory.Create(static () => "x", "own");
        var options = new ChatOptions { Instructions = "Be brief.", Tools = [own], Temperature = 0.5f };

        await RunAsync(agent, streams: false, options);

        Assert.Equal(("Be brief.", 0.5f), (options.Instructions, options.Temperature));
        Assert.Same(own, Assert.Single(options.Tools));
        var sent = Assert.Single(model.Options)!;
        Assert.Equal(0.5f, sent.Temperature);
        Assert.Equal(["own", "bash", "read", "write", "edit", "multi_edit", "glob", "grep", "bash_output", "bash_input", "kill_bash"], sent.Tools!.Select(static tool => tool.Name));
        Assert.StartsWith("Be brief.\n\nThe tools bash, read, write, edit, multi_edit, glob, grep, bash_output, bash_input and kill_bash work in a sandbox", sent.Instructions, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Response_ToolOfTheCallerHasATakenName_NamesIt(bool streams)
    {
        await using var services = Register();
        using var agent = Agent(services, Says("done"));

        var exception = await Assert.ThrowsAsync<InvalidOperationException>(
            () => RunAsync(agent, streams, new ChatOptions { Tools = [AIFunctionFactory.Create(static () => "x", "grep")] }));

        Assert.Contains("'grep'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Response_ReuseExisting_FindsWhatTheLastOneLeft()
    {
        await using var services = Register(static options => (options.Mode, options.Name) = (ModalSandboxMode.ReuseExisting, "chat"));
        using var agent = Agent(services, Calls(Bash("1", "echo kept > /tmp/file")), Says("done"), Calls(Bash("2", "cat /tmp/file")), Says("done"));

        await RunAsync(agent, streams: false);
        var contents = await RunAsync(agent, streams: true);

        Assert.Equal(["exit code 0\nkept"], Results(contents));
        Assert.Equal(Created, Live());
        await TerminateAsync(Assert.Single(Created));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Response_OfAKey_UsesTheSandboxOfTheKey(bool streams)
    {
        await using var services = Register(options => (options.Mode, options.Name) = (ModalSandboxMode.ReuseExisting, $"conversations-{streams}"));
        using var agent = new ModelOfManyConversations(static () => [Calls(Bash("1", "echo x >> /tmp/file; wc -l < /tmp/file")), Says("done")])
            .AsBuilder().UseFunctionInvocation().Build()
            .WithModalSandbox(services, key: static (messages, options) => options is null ? null : $"{options.ConversationId}/{messages.Single().Text}");

        foreach (var (conversation, expected) in new[] { ("a", "1"), ("b", "1"), ("a", "2") })
        {
            var contents = await RunAsync(agent, streams, new ChatOptions { ConversationId = conversation });
            Assert.Equal([$"exit code 0\n{expected}"], Results(contents));
        }

        Assert.Equal(["exit code 0\n1"], Results(await RunAsync(agent, streams)));
        Assert.Equal(3, Created.Count);
        await Task.WhenAll(Created.Select(TerminateAsync));
    }

    [Fact]
    public async Task WithModalSandbox_NamedRegistration_UsesThatOne()
    {
        await using var services = new ServiceCollection()
            .AddModalSandbox("greeter", options => options.InitialFiles["/app/greeting"] = "hello").ConfigureClient(Connect)
            .Services.BuildServiceProvider();
        using var model = new ScriptedChatClient(Calls(Bash("1", "cat /app/greeting")), Says("done"));
        using var agent = model.AsBuilder().UseFunctionInvocation().Build().WithModalSandbox(services, "greeter");

        Assert.Equal(["exit code 0\nhello"], Results(await RunAsync(agent, streams: false)));
        Assert.Contains("/app/greeting", model.Options[0]!.Instructions, StringComparison.Ordinal);
    }

    [Fact]
    public void WithModalSandbox_WithoutARegistration_SaysWhatIsMissing()
    {
        using var services = Register();
        using var none = new ServiceCollection().BuildServiceProvider();
        using var model = new ScriptedChatClient(Says("done"));

        Assert.Contains("AddModalSandbox(...)", Assert.Throws<InvalidOperationException>(() => model.WithModalSandbox(none)).Message, StringComparison.Ordinal);
        Assert.Contains("\"gpu\"", Assert.Throws<InvalidOperationException>(() => model.WithModalSandbox(services, "gpu")).Message, StringComparison.Ordinal);
        Assert.Contains("ReuseExisting", Assert.Throws<ArgumentException>(() => model.WithModalSandbox(services, key: static (_, _) => "x")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void GetService_FindsTheClientsInside()
    {
        using var services = Register();
        using var model = new ScriptedChatClient(Says("done"));
        using var agent = model.AsBuilder().UseFunctionInvocation().Build().WithModalSandbox(services);

        Assert.Same(model, agent.GetService<ScriptedChatClient>());
        Assert.NotNull(agent.GetService<FunctionInvokingChatClient>());
        Assert.Same(agent, agent.GetService<IChatClient>());
    }

    private static FunctionCallContent Bash(string id, string command) => Call(id, "bash", ("command", command));

    private static IChatClient Agent(IServiceProvider services, params ChatResponse[] answers) => Agent(services, static _ => { }, answers);

    private static IChatClient Agent(IServiceProvider services, Action<FunctionInvokingChatClient> configure, params ChatResponse[] answers) =>
        new ScriptedChatClient(answers).AsBuilder().UseFunctionInvocation(configure: configure).Build().WithModalSandbox(services);

    private static async Task<List<AIContent>> RunAsync(
        IChatClient agent, bool streams, ChatOptions? options = null, CancellationToken? cancellationToken = null)
    {
        var token = cancellationToken ?? TestTimeout.Token;
        var response = streams
            ? await agent.GetStreamingResponseAsync("go", options, token).ToChatResponseAsync(token)
            : await agent.GetResponseAsync("go", options, token);
        return [.. response.Messages.SelectMany(static message => message.Contents)];
    }

    private static List<string?> Results(List<AIContent> contents) =>
        [.. contents.OfType<FunctionResultContent>().Select(static result => result.Result?.ToString())];

    private List<string> Live() =>
        [.. Fixture.Emulator.Ledger.Sandboxes.Where(static sandbox => sandbox.EndedAt is null).Select(static sandbox => sandbox.Id)];

    private Task TerminateAsync(string sandboxId) => Client.Sandboxes.Get(sandboxId).TerminateAsync(TestTimeout.Token);

    private ServiceProvider Register(Action<ModalSandboxOptions>? configure = null) =>
        new ServiceCollection().AddModalSandbox(configure).ConfigureClient(Connect).Services.BuildServiceProvider();

    private void Connect(ModalClientOptions options)
    {
        (options.ServerUrl, options.TokenId, options.TokenSecret) = (Fixture.Emulator.ServerUrl, "ak-test", "as-test");
        (options.UseEnvironmentVariables, options.UseConfigurationFile) = (false, false);
    }

    /// <summary>Answers once, then throws.</summary>
    private sealed class BreakingModel(IChatClient inner) : DelegatingChatClient(inner)
    {
        private int _calls;

        public override Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            _calls++ == 0 ? base.GetResponseAsync(messages, options, cancellationToken) : throw new TimeZoneNotFoundException();

        public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            _calls++ == 0 ? base.GetStreamingResponseAsync(messages, options, cancellationToken) : throw new TimeZoneNotFoundException();
    }

    /// <summary>Has a script for each conversation, and finds its place by the results in it.</summary>
    private sealed class ModelOfManyConversations(Func<ChatResponse[]> script) : IChatClient
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

        private ScriptedChatClient Next(IEnumerable<ChatMessage> messages) => new(script()[messages.Count(static message => message.Role == ChatRole.Tool)]);
    }
}
