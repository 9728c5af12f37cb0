using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using ModalAI.TestSupport;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace ModalAI.Tests.Mcp;

/// <summary>The sample that serves the tools over the Model Context Protocol, spoken to by the protocol's own client.</summary>
public sealed class McpServerTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    private readonly HashSet<string> _before = [.. fixture.Emulator.Ledger.Sandboxes.Select(static sandbox => sandbox.Id)];

    private List<string> Created => [.. Fixture.Emulator.Ledger.Sandboxes.Select(static sandbox => sandbox.Id).Where(id => !_before.Contains(id))];

    [Fact]
    public async Task Tools_Listed_HaveSchemasAndSayWhatOnlyReads()
    {
        await using var server = await McpServerProcess.StartAsync(new Uri(Fixture.Emulator.ServerUrl));

        var tools = (await server.Client.ListToolsAsync(cancellationToken: TestTimeout.Token)).ToDictionary(static tool => tool.Name, static tool => tool.ProtocolTool);

        Assert.All(["bash", "read", "write", "edit", "glob", "grep"], name => Assert.Contains(name, tools.Keys));
        Assert.True(tools["read"].Annotations!.ReadOnlyHint);
        Assert.True(tools["grep"].Annotations!.ReadOnlyHint);
        Assert.False(tools["bash"].Annotations!.ReadOnlyHint);
        Assert.False(tools["write"].Annotations!.ReadOnlyHint);
        Assert.Equal("string", tools["bash"].InputSchema.GetProperty("properties").GetProperty("command").GetProperty("type").GetString());
        Assert.Equal(["file_path", "content"], tools["write"].InputSchema.GetProperty("required").EnumerateArray().Select(static name => name.GetString()));
        Assert.All(tools.Values, static tool => Assert.False(string.IsNullOrWhiteSpace(tool.Description)));
        Assert.StartsWith("The tools bash, read, write, ", server.Client.ServerInstructions, StringComparison.Ordinal);
        Assert.Contains("until this session is over", server.Client.ServerInstructions, StringComparison.Ordinal);
        Assert.Empty(Created);
    }

    [Fact]
    public async Task Calls_OfAConnection_ShareASandboxThatEndsWithIt()
    {
        await using var server = await McpServerProcess.StartAsync(new Uri(Fixture.Emulator.ServerUrl), "--Sandbox:InitialFiles:/app/greeting=hello");

        await CallAsync(server, "write", ("file_path", "/tmp/file"), ("content", "kept"));
        var read = await CallAsync(server, "read", ("file_path", "/tmp/file"));
        var run = await CallAsync(server, "bash", ("command", "cat /app/greeting; sleep 600 >/dev/null 2>&1 &"));
        var wrong = await CallAsync(server, "read", ("file_path", "/nowhere"));

        Assert.Contains("kept", read, StringComparison.Ordinal);
        Assert.StartsWith("exit code 0", run, StringComparison.Ordinal);
        Assert.Contains("hello", run, StringComparison.Ordinal);
        Assert.StartsWith("Error: ", wrong, StringComparison.Ordinal);
        Assert.Single(Created);
        server.CloseInput();
        var (exitCode, errors) = await server.WhenEndedAsync();
        Assert.Equal(0, exitCode);

        // The protocol's library may warn of the input that has ended.
        Assert.DoesNotContain("fail:", errors, StringComparison.Ordinal);
        await Fixture.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Call_Cancelled_KillsTheCommandAndKeepsTheSandbox()
    {
        await using var server = await McpServerProcess.StartAsync(new Uri(Fixture.Emulator.ServerUrl));
        await CallAsync(server, "write", ("file_path", "/tmp/file"), ("content", "kept"));

        // A cancelled token of the client's own methods may stop waiting without telling the server.
        var id = new RequestId("long");
        var call = server.Client.SendRequestAsync(
            new JsonRpcRequest
            {
                Id = id,
                Method = RequestMethods.ToolsCall,
                Params = new JsonObject { ["name"] = "bash", ["arguments"] = new JsonObject { ["command"] = "sleep 600" } },
            },
            TestTimeout.Token);
        await WhenAsync(() => Running().Count > 0);
        await server.Client.SendNotificationAsync(
            NotificationMethods.CancelledNotification, new CancelledNotificationParams { RequestId = id }, cancellationToken: TestTimeout.Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await WhenAsync(() => Running().Count == 0);
        Assert.Contains("kept", await CallAsync(server, "read", ("file_path", "/tmp/file")), StringComparison.Ordinal);
        Assert.Single(Created);
        server.CloseInput();
        await server.WhenEndedAsync();
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task Server_ToldToStopDuringACommand_EndsItsSandbox(string signal)
    {
        await using var server = await McpServerProcess.StartAsync(new Uri(Fixture.Emulator.ServerUrl));
        var call = server.Client.CallToolAsync("bash", Arguments(("command", "sleep 600")), cancellationToken: TestTimeout.Token).AsTask();
        await WhenAsync(() => Running().Count > 0);

        await server.SignalAsync(signal);

        Assert.Equal(0, (await server.WhenEndedAsync()).ExitCode);
        await ((Task)call).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        Assert.False(call.IsCompletedSuccessfully);
        await Fixture.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Server_ClientGoesAwayDuringACommand_EndsItsSandbox()
    {
        await using var server = await McpServerProcess.StartAsync(new Uri(Fixture.Emulator.ServerUrl));
        var call = server.Client.CallToolAsync("bash", Arguments(("command", "sleep 600")), cancellationToken: TestTimeout.Token).AsTask();
        await WhenAsync(() => Running().Count > 0);

        server.CloseInput();

        Assert.Equal(0, (await server.WhenEndedAsync()).ExitCode);
        await ((Task)call).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        await Fixture.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task Tools_OfAnotherDialectAndPrefix_AreServedAsTheArgumentsSay()
    {
        await using var server = await McpServerProcess.StartAsync(
            new Uri(Fixture.Emulator.ServerUrl), "--Sandbox:Tools:Dialect=LangChain", "--Sandbox:Tools:Prefix=box_", "--Sandbox:Tools:Names:execute=run");

        var tools = (await server.Client.ListToolsAsync(cancellationToken: TestTimeout.Token)).ToDictionary(static tool => tool.Name, static tool => tool.ProtocolTool);

        Assert.Equal(
            ["box_delete", "box_edit_file", "box_glob", "box_grep", "box_ls", "box_read_file", "box_run", "box_write_file"], tools.Keys.Order(StringComparer.Ordinal));
        Assert.True(tools["box_ls"].Annotations!.ReadOnlyHint);
        Assert.False(tools["box_delete"].Annotations!.ReadOnlyHint);
        Assert.True(tools["box_run"].Annotations!.OpenWorldHint);
        Assert.False(tools["box_write_file"].Annotations!.OpenWorldHint);
        Assert.Contains("box_run", server.Client.ServerInstructions, StringComparison.Ordinal);
        Assert.Equal("exit code 0\nhello", await CallAsync(server, "box_run", ("command", "echo hello")));
        server.CloseInput();
        await server.WhenEndedAsync();
    }

    [Fact]
    public async Task Read_Image_IsImageContent()
    {
        await using var server = await McpServerProcess.StartAsync(new Uri(Fixture.Emulator.ServerUrl));
        await CallAsync(server, "bash", ("command", "printf '\\211PNG\\r\\n\\032\\n\\000\\000\\000\\rIHDR' > /tmp/image.png"));

        var result = await server.Client.CallToolAsync("read", Arguments(("file_path", "/tmp/image.png")), cancellationToken: TestTimeout.Token);

        var image = Assert.Single(result.Content.OfType<ImageContentBlock>());
        Assert.Equal("image/png", image.MimeType);
        Assert.Equal("\u0089PNG\r\n\u001a\n\0\0\0\rIHDR", Encoding.Latin1.GetString(image.DecodedData.Span));
        server.CloseInput();
        await server.WhenEndedAsync();
    }

    [Fact]
    public async Task Call_WithProgress_TellsWhatACommandPrintsWhileItRuns()
    {
        await using var server = await McpServerProcess.StartAsync(new Uri(Fixture.Emulator.ServerUrl));
        var progress = new Collected();

        // The command ends when the client has heard of it: a report that came with the answer would be too late.
        var call = server.Client.CallToolAsync(
            "bash",
            Arguments(("command", "echo started; until [ -e /tmp/heard ]; do sleep 0.05; done; echo 'and done' >&2"), ("timeout_seconds", 60)),
            progress,
            cancellationToken: TestTimeout.Token).AsTask();
        await WhenAsync(() => progress.Text.Contains("started\n", StringComparison.Ordinal));
        Assert.False(call.IsCompleted);
        await CallAsync(server, "write", ("file_path", "/tmp/heard"), ("content", ""));
        var result = await call;

        Assert.Equal("exit code 0\nstarted\nand done", Assert.IsType<TextContentBlock>(Assert.Single(result.Content)).Text);

        // The client stops listening when it has the answer, so that it may miss the last report.
        Assert.StartsWith(progress.Text, "started\nand done\n", StringComparison.Ordinal);
        Assert.Equal(progress.Values.Order(), progress.Values);
        Assert.Equal(progress.Values.Distinct(), progress.Values);
        server.CloseInput();
        await server.WhenEndedAsync();
    }

    [Fact]
    public async Task Call_SandboxHasEnded_SaysSoAndTheNextHasAnother()
    {
        await using var server = await McpServerProcess.StartAsync(new Uri(Fixture.Emulator.ServerUrl));
        await CallAsync(server, "bash", ("command", "true"));
        await Fixture.Emulator.Faults.KillSandboxAsync(Assert.Single(Created), TestTimeout.Token);

        Assert.Contains("sandbox has ended", await CallAsync(server, "bash", ("command", "true")), StringComparison.Ordinal);
        Assert.Contains("again", await CallAsync(server, "bash", ("command", "echo again")), StringComparison.Ordinal);

        Assert.Equal(2, Created.Count);
        server.CloseInput();
        await server.WhenEndedAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Server_WithItsOwnEmulator_LeavesNothingRunning(bool isKilled)
    {
        var temporary = Directory.CreateTempSubdirectory("modalai-mcp-");
        try
        {
            // No other process on this computer sleeps this long.
            var sleep = string.Create(CultureInfo.InvariantCulture, $"{Random.Shared.Next(100_000, 1_000_000)}.{Environment.ProcessId}");
            await using var server = await McpServerProcess.StartAsync(temporary.FullName);
            await CallAsync(server, "bash", ("command", $"setsid sleep {sleep} >/dev/null 2>&1 &"));
            await WhenAsync(() => IsRunning(sleep));

            if (isKilled)
            {
                await server.SignalAsync("KILL");
            }
            else
            {
                server.CloseInput();
            }

            var (exitCode, errors) = await server.WhenEndedAsync();
            Assert.Equal((isKilled ? 137 : 0, ""), (exitCode, errors));
            await WhenAsync(() => !IsRunning(sleep));
            Assert.DoesNotContain(temporary.FullName, await File.ReadAllTextAsync("/proc/self/mountinfo", TestTimeout.Token), StringComparison.Ordinal);
            if (!isKilled)
            {
                Assert.Empty(temporary.EnumerateDirectories("modal-emulator-*"));
            }
        }
        finally
        {
            temporary.Delete(recursive: true);
        }
    }

    private static async Task<string> CallAsync(McpServerProcess server, string tool, params (string Name, object? Value)[] arguments)
    {
        var result = await server.Client.CallToolAsync(tool, Arguments(arguments), cancellationToken: TestTimeout.Token);
        return Assert.IsType<TextContentBlock>(Assert.Single(result.Content)).Text;
    }

    private static Dictionary<string, object?> Arguments(params (string Name, object? Value)[] arguments) =>
        arguments.ToDictionary(static argument => argument.Name, static argument => argument.Value);

    private static async Task WhenAsync(Func<bool> condition)
    {
        var limit = TestTimeout.Token;
        while (!condition())
        {
            await Task.Delay(20, limit);
        }
    }

    private static bool IsRunning(string argument) => Directory.EnumerateDirectories("/proc").Any(process =>
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline")).Split('\0').Contains(argument);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    });

    private List<string> Running() =>
        [.. Fixture.Emulator.Ledger.Processes.Where(process => process.EndedAt is null && Created.Contains(process.SandboxId)).Select(static process => process.SandboxId)];

    /// <summary>What a client hears, in its order.</summary>
    private sealed class Collected : IProgress<ProgressNotificationValue>
    {
        private readonly List<ProgressNotificationValue> _heard = [];

        public string Text => string.Concat(Heard().Select(static value => value.Message));

        public IEnumerable<double> Values => Heard().Select(static value => (double)value.Progress);

        public void Report(ProgressNotificationValue value)
        {
            lock (_heard)
            {
                _heard.Add(value);
            }
        }

        private ProgressNotificationValue[] Heard()
        {
            lock (_heard)
            {
                return [.. _heard];
            }
        }
    }
}
