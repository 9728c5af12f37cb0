using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;
using ModalAI.TestSupport;
using ModalAI.Tools;

namespace ModalAI.Tests.Tools.Behaviours;

/// <summary>What agents count on when they leave commands running: they are found, followed, fed and ended, by whoever knows their ids.</summary>
public sealed class JobBehaviourTests(EmulatorFixture fixture) : ToolTest(fixture)
{
    /// <summary>Keeps a job from ending before its start is told.</summary>
    private const string UntilGo = "until [ -e go ]; do sleep 0.05; done";

    private readonly JobCursors _cursors = new();

    [Fact]
    public async Task Jobs_SeveralAtOnce_AreKeptApart()
    {
        var first = await StartAsync($"echo first; echo first >&2; {UntilGo}; exit 1");
        var second = await StartAsync($"echo second; {UntilGo}; exit 2");
        var third = await StartAsync("echo third; sleep 301");
        await ShellAsync("touch go");

        var texts = await Task.WhenAll(new[] { first, second }.Select(id => CallAsync("bash_output", ("bash_id", id), ("since", 0), ("wait_seconds", 50))));
        var listed = await Sandbox.Processes.ListAsync(TestTimeout.Token);

        Assert.Equal(3, new HashSet<string> { first, second, third }.Count);
        Assert.Equal($"job {first} ended with exit code 1; output from byte 0 to 12 is below\nfirst\nfirst", texts[0]);
        Assert.Equal($"job {second} ended with exit code 2; output from byte 0 to 7 is below\nsecond", texts[1]);
        Assert.Equal([(first, (int?)1), (second, 2), (third, null)], listed.Select(static job => (job.Id, job.ExitCode)));
        Assert.Equal("echo third; sleep 301", listed[2].Description);
    }

    [Fact]
    public async Task Output_OfAnEndedJob_IsTheSameEachTime()
    {
        var id = await StartAsync($"printf 'ä€🙂 text'; {UntilGo}; exit 4");
        await ShellAsync("touch go");
        var expected = $"job {id} ended with exit code 4; output from byte 0 to 14 is below\nä€🙂 text";

        Assert.Equal(expected, await CallAsync("bash_output", ("bash_id", id), ("since", 0), ("wait_seconds", 50)));
        Assert.Equal(expected, await CallAsync("bash_output", ("bash_id", id), ("since", 0)));
        Assert.EndsWith("output from byte 14 to 14 is below\n(no output)", await CallAsync("bash_output", ("bash_id", id)), StringComparison.Ordinal);
        Assert.EndsWith("\n\uFFFD\uFFFD🙂 text", await CallAsync("bash_output", ("bash_id", id), ("since", 3)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Output_WhileAJobRuns_ComesAsItIsPrinted()
    {
        var id = await StartAsync("for i in 1 2 3; do until [ -e go$i ]; do sleep 0.05; done; echo out $i; echo err $i >&2; touch printed$i; done");

        for (var step = 1; step <= 3; step++)
        {
            await ShellAsync($"touch go{step}; until [ -e printed{step} ]; do sleep 0.05; done");
            Assert.EndsWith($"\nout {step}\nerr {step}", await ReadToAsync(id, step * 12), StringComparison.Ordinal);
        }

        Assert.StartsWith($"job {id} ended with exit code 0;", await CallAsync("bash_output", ("bash_id", id), ("wait_seconds", 50)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Kill_Twice_SaysThatItHasEndedAndKeepsTheOutput()
    {
        var id = await StartAsync("trap '' TERM; echo before; touch begun; sleep 302; sleep 303");
        await ShellAsync("until [ -e begun ]; do sleep 0.05; done");

        Assert.StartsWith($"job {id} was ended, with all that it had started", await CallAsync("kill_bash", ("bash_id", id)), StringComparison.Ordinal);
        Assert.StartsWith($"job {id} had ended before, with exit code 137", await CallAsync("kill_bash", ("bash_id", id)), StringComparison.Ordinal);

        var text = await CallAsync("bash_output", ("bash_id", id), ("since", 0));
        Assert.StartsWith($"job {id} ended with exit code 137: killed by signal 9", text, StringComparison.Ordinal);
        Assert.EndsWith("\nbefore", text, StringComparison.Ordinal);
        Assert.Equal("exit code 0\nalive", await CallAsync("bash", ("command", "echo alive")));
    }

    [Fact]
    public async Task Output_OfWhatAJobHasLeftRunning_CanBeReadAfterItsEnd()
    {
        var id = await StartAsync($"(until [ -e later ]; do sleep 0.05; done; echo late) & echo early; {UntilGo}; exit 5");
        await ShellAsync("touch go");

        var ended = await CallAsync("bash_output", ("bash_id", id), ("since", 0), ("wait_seconds", 50));
        await ShellAsync("touch later");

        Assert.StartsWith($"job {id} ended with exit code 5; output from byte 0 to 6 is below; what it has left running may print more", ended, StringComparison.Ordinal);
        Assert.EndsWith("\nlate", await ReadToAsync(id, "early\nlate\n".Length), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kill -TERM $$", 143)]
    [InlineData("kill -KILL $$", 137)]
    [InlineData("no-such-program-here", 127)]
    [InlineData("exit 255", 255)]
    public async Task Job_HoweverItEnds_GivesThatCode(string command, int code)
    {
        var id = await StartAsync($"{UntilGo}; {command}");
        await ShellAsync("touch go");

        Assert.StartsWith($"job {id} ended with exit code {code}", await CallAsync("bash_output", ("bash_id", id), ("wait_seconds", 50)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WhereNoDirectoryIs_IsToldAtOnce()
    {
        var text = await CallAsync("bash", ("command", "touch /work/ran; sleep 304"), ("workdir", "/nowhere"), ("run_in_background", true));

        Assert.StartsWith("exit code 125\n", text, StringComparison.Ordinal);
        Assert.Equal("no\n", await ShellAsync("[ -e /work/ran ] || echo no"));
    }

    [Fact]
    public async Task Start_MoreThanMayRun_RefusesTheOthersUntilOneEnds()
    {
        var texts = await Task.WhenAll(Enumerable.Range(0, 20).Select(number => CallAsync("bash", ("command", $"sleep {400 + number}"), ("run_in_background", true))));
        var refused = texts.Where(static text => text.StartsWith("Error: ", StringComparison.Ordinal)).ToList();

        Assert.Equal(4, refused.Count);
        Assert.All(refused, static text => Assert.StartsWith("Error: bash was not run: 16 jobs are running, the most that may. End one with kill_bash", text, StringComparison.Ordinal));
        await CallAsync("kill_bash", ("bash_id", IdOf(texts.First(static text => !text.StartsWith("Error: ", StringComparison.Ordinal)))));
        await StartAsync("sleep 500");
        Assert.StartsWith("Error: bash was not run: 16 jobs", await CallAsync("bash", ("command", "sleep 501"), ("run_in_background", true)), StringComparison.Ordinal);
        Assert.Equal("exit code 0\nmore", await CallAsync("bash", ("command", "echo more")));
    }

    [Fact]
    public async Task Start_Cancelled_LeavesNoJob()
    {
        using var cancellation = new CancellationTokenSource();
        var bash = Tools.OfType<AIFunction>().Single(static tool => tool.Name == "bash");

        // The start of a job is waited for a while, to see whether it fails at once.
        var call = bash.InvokeAsync(new() { ["command"] = "echo $$ >pid; sleep 305", ["run_in_background"] = true }, cancellation.Token).AsTask();
        await cancellation.CancelAsync();

        try
        {
            await CallAsync("kill_bash", ("bash_id", IdOf((string)(await call)!)));
        }
        catch (OperationCanceledException)
        {
            Assert.Equal("gone\n", await ShellAsync("until ! kill -0 $(cat pid 2>/dev/null) 2>/dev/null; do sleep 0.05; done; echo gone"));
            Assert.DoesNotContain(await Sandbox.Processes.ListAsync(TestTimeout.Token), static job => job.IsRunning);
        }
    }

    [Fact]
    public async Task Output_WaitCancelled_LeavesTheJobRunning()
    {
        using var cancellation = new CancellationTokenSource();
        var output = Tools.OfType<AIFunction>().Single(static tool => tool.Name == "bash_output");
        var id = await StartAsync($"{UntilGo}; echo over");

        var call = output.InvokeAsync(new() { ["bash_id"] = id, ["wait_seconds"] = 50 }, cancellation.Token).AsTask();
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await ShellAsync("touch go");
        Assert.EndsWith("\nover", await CallAsync("bash_output", ("bash_id", id), ("wait_seconds", 50)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("wait_seconds", -5)]
    [InlineData("wait_seconds", "1e300")]
    [InlineData("since", 0)]
    public async Task Output_NumbersAtTheirEdges_AreTaken(string name, object value)
    {
        var id = await StartAsync($"{UntilGo}; echo over");
        await ShellAsync("touch go");
        await CallAsync("bash_output", ("bash_id", id), ("wait_seconds", 50));

        Assert.StartsWith($"job {id} ended with exit code 0; output from byte ", await CallAsync("bash_output", ("bash_id", id), (name, value)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Output_OffsetThatCannotBe_IsExplained()
    {
        var id = await StartAsync($"{UntilGo}; echo over");
        await ShellAsync("touch go");
        await CallAsync("bash_output", ("bash_id", id), ("wait_seconds", 50));

        Assert.Contains("since is -1; it has to be 0 or more, a number of bytes.", await CallAsync("bash_output", ("bash_id", id), ("since", -1)), StringComparison.Ordinal);
        Assert.StartsWith("Error: ", await CallAsync("bash_output", ("bash_id", id), ("since", int.MaxValue)), StringComparison.Ordinal);
        Assert.Contains("has to be an integer", await CallAsync("bash_output", ("bash_id", id), ("since", 0.5)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tools_OfAnotherProgram_TakeOverAJob()
    {
        var id = await StartWithInputAsync("echo one; while read -r line; do echo \"got $line\"; done; exit 6");
        await ReadToAsync(id, "one\n".Length);
        await using var client = Fixture.CreateClient();
        await using var sandbox = client.Sandboxes.Get(Sandbox.Id);
        var tools = new ModalSandboxTools(sandbox);
        var jobs = new JobTool(new CommandSettings(), ToolWords.Default, new JobCursors());

        Assert.Contains($"{id} (runs: ", await CallAsync(tools, "bash_output", ("bash_id", "7")), StringComparison.Ordinal);
        await jobs.WriteAsync(sandbox, id, "two\n", endsInput: true, TimeSpan.Zero, null, TestTimeout.Token);

        Assert.Equal(
            $"job {id} ended with exit code 6; output from byte 0 to 12 is below\none\ngot two", await CallAsync(tools, "bash_output", ("bash_id", id), ("since", 0), ("wait_seconds", 50)));
    }

    [Fact]
    public async Task Write_LargeInput_ArrivesWholeAndInOrder()
    {
        var id = await StartWithInputAsync("cat >input; wc -c <input");
        var text = new StringBuilder();
        for (var part = 0; part < 5; part++)
        {
            var piece = string.Concat(Enumerable.Range(part * 20_000, 20_000).Select(static number => $"{number} äöü\n"));
            text.Append(piece);
            await WriteAsync(id, piece, endsInput: part == 4);
        }

        var ended = await CallAsync("bash_output", ("bash_id", id), ("since", 0), ("wait_seconds", 50));

        Assert.EndsWith($"\n{Encoding.UTF8.GetByteCount(text.ToString())}", ended, StringComparison.Ordinal);
        Assert.Equal(text.ToString(), await Sandbox.Files.ReadAllTextAsync("/work/input", cancellationToken: TestTimeout.Token));
    }

    [Fact]
    public async Task Write_ToAJobThatTakesNoMore_IsSaid()
    {
        var id = await StartWithInputAsync("head -n 1; exit 3");
        await WriteAsync(id, "first\nsecond\n");
        Assert.StartsWith($"job {id} ended with exit code 3;", await CallAsync("bash_output", ("bash_id", id), ("since", 0), ("wait_seconds", 50)), StringComparison.Ordinal);

        Assert.Contains("takes no input: it has ended with exit code 3", await WriteAsync(id, "third\n"), StringComparison.Ordinal);
        var open = await StartWithInputAsync("cat; sleep 306");
        await WriteAsync(open, "text", endsInput: true);
        Assert.Contains("takes no input: its input is closed", await WriteAsync(open, "more"), StringComparison.Ordinal);
        Assert.StartsWith("Error: There is no job '99999' in this sandbox.", await WriteAsync("99999", "text"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Output_OfAJobWhoseSandboxEnds_SaysSo()
    {
        await using var lifetime = await CreateSandboxAsync();
        var tools = new ModalSandboxTools(lifetime.Sandbox);
        var id = IdOf(await CallAsync(tools, "bash", ("command", "sleep 307"), ("run_in_background", true)));

        var call = CallAsync(tools, "bash_output", ("bash_id", id), ("wait_seconds", 50));
        await lifetime.Sandbox.TerminateAsync(TestTimeout.Token);

        Assert.StartsWith("Error: The sandbox has ended", await call, StringComparison.Ordinal);
    }

    private async Task<string> StartAsync(string command) => IdOf(await CallAsync("bash", ("command", command), ("run_in_background", true)));

    private async Task<string> StartWithInputAsync(string command)
    {
        var tool = new CommandTool(new CommandSettings { JobPatience = TimeSpan.FromSeconds(0.1) }, SandboxFacts.Unknown, ToolWords.Default, _cursors);
        return (await tool.RunAsync(Sandbox, new(command) { InBackground = true, KeepsInputOpen = true }, TestTimeout.Token)).JobId!;
    }

    private async Task<string> WriteAsync(string id, string text, bool endsInput = false) =>
        (await new JobTool(new CommandSettings(), ToolWords.Default, _cursors).WriteAsync(Sandbox, id, text, endsInput, TimeSpan.Zero, null, TestTimeout.Token)).Text;

    /// <summary>All answers one after the other, until the job has printed that much.</summary>
    private async Task<string> ReadToAsync(string id, int end)
    {
        var all = new StringBuilder();
        var token = TestTimeout.Token;
        while (!token.IsCancellationRequested)
        {
            var text = await CallAsync("bash_output", ("bash_id", id));
            all.Append(text.Contains("(no output)", StringComparison.Ordinal) ? "" : text[text.IndexOf('\n', StringComparison.Ordinal)..]);
            if (text.Contains($" to {end} is below", StringComparison.Ordinal))
            {
                break;
            }
        }

        return all.ToString();
    }

    private static string IdOf(string answer)
    {
        var match = Regex.Match(answer, @"job ([0-9a-f-]{36})");
        return match.Success ? match.Groups[1].Value : throw new InvalidOperationException(answer);
    }
}
