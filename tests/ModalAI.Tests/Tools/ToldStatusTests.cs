using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;
using ModalAI.Sandboxes;
using ModalAI.TestSupport;
using ModalAI.Tools;

namespace ModalAI.Tests.Tools;

/// <summary>Whatever programs print: what is read from the beginning of an answer is what is true.</summary>
public sealed partial class ToldStatusTests(EmulatorFixture fixture) : ToolTest(fixture)
{
    private const int Seed = 20_261_121;
    private const int AtOnce = 12;

    private static readonly CommandSettings Settings = new();

    private static readonly SandboxFacts Facts = SandboxFacts.From(new ModalSandboxOptions { MemoryMiB = 512, MemoryLimitMiB = 512, BlockNetwork = true });

    private static readonly ModalSandboxReplacement Replacement = new("sb-1", "sb-2", "was idle for too long", RestoredFrom: null);

    [Fact]
    public async Task Command_FuzzedOutputs_AreToldByWhatIsTrue()
    {
        var tool = new CommandTool(Settings, Facts, ToolWords.Default, new JobCursors());
        for (var round = 0; round < TestSize.Of(ci: 1_000, full: 8_000); round++)
        {
            var random = new Random(Seed + round);
            var call = new CommandCall("true")
            {
                SeparatesError = random.Next(2) == 0,
                InBackground = random.Next(4) == 0,
                Timeout = random.Next(3) switch { 0 => null, 1 => TimeSpan.FromSeconds(1), _ => TimeSpan.FromDays(1) },
            };
            var isRunning = random.Next(8) == 0 && !call.SeparatesError;
            var timedOut = !isRunning && !call.InBackground && random.Next(8) == 0;
            int? exitCode = isRunning ? null : timedOut ? 137 : random.Next(4) switch { 0 => 0, 1 => 127, 2 => 126, _ => random.Next(256) };
            var run = new CommandRun(Guid.NewGuid().ToString(), exitCode, timedOut, TimeSpan.FromSeconds(random.NextDouble() * 100));
            var maxChars = (call.SeparatesError ? Settings.MaxOutputChars / 2 : Settings.MaxOutputChars);
            var (output, plain) = Append(random, maxChars);
            var (error, plainError) = call.SeparatesError ? Append(random, maxChars) : default;

            var answer = CommandTool.Read(run, call, output, error);
            answer = answer with { LogPath = answer.IsTruncated && random.Next(4) > 0 ? "/tmp/.modalai/out/01234567.log" : null };
            var hints = await FailureHints.DescribeAsync(answer, Facts, () => Task.FromResult(Probe(random)));
            answer = tool.Tell(answer, call, hints);

            Assert.Equal(
                ($"round {round}", exitCode is { } code && !timedOut ? code : null, isRunning || call.InBackground ? run.ExecId : null, isRunning, timedOut),
                ($"round {round}", answer.TimedOut ? null : answer.ExitCode, answer.JobId, answer.IsRunning, answer.TimedOut));
            Check(round, answer, Note(random) + answer.Text, isRunning ? run.ExecId : null, plain, plainError);
        }
    }

    [Fact]
    public void Job_FuzzedOutputs_AreToldByWhatIsTrue()
    {
        var tool = new JobTool(Settings, ToolWords.Default, new JobCursors());
        for (var round = 0; round < TestSize.Of(ci: 300, full: 1_500); round++)
        {
            var random = new Random(-Seed - round);
            var (output, plain) = Append(random, Settings.MaxOutputChars);
            var since = random.Next(1000);
            var part = new ModalProcessOutput
            {
                Data = default,
                NextOffset = since + output.TotalBytes,
                ExitCode = random.Next(3) == 0 ? null : random.Next(256),
                IsComplete = random.Next(2) == 0,
            };
            var id = Guid.NewGuid().ToString();

            var answer = tool.Tell(JobTool.Read(id, part, output), since, random.Next(2) == 0, part.IsComplete);

            Assert.Equal((id, part.ExitCode, part.ExitCode is null), (answer.JobId, answer.ExitCode, answer.IsRunning));
            Check(round, answer, Note(random) + answer.Text, id, plain, plainError: null);
        }
    }

    [Fact]
    public async Task Bash_FuzzedPrograms_AreToldByWhatIsTrue()
    {
        var rounds = Enumerable.Range(0, TestSize.Of(ci: 48, full: 500));
        await Parallel.ForEachAsync(rounds, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (round, token) =>
        {
            var random = new Random(Seed ^ (round << 16));
            var printed = ForgedOutput.Make(random);
            await Sandbox.Files.WriteAllBytesAsync($"/work/{round}", printed, token);
            var (end, exitCode) = (round % 12) switch
            {
                0 => ("kill -9 $$", (int?)137),
                1 => ("kill -TERM $$", 143),
                2 => ("sleep 300", null),
                _ => ($"exit {round % 256}", round % 256),
            };

            var text = await CallInTimeAsync("bash", ("command", $"cat /work/{round}; {end}"), ("timeout_seconds", exitCode is null ? 3 : 50));

            // A program that is killed by its limit may not have got to print all.
            var told = ToldStatus.Parse(text);
            Assert.Equal((round, exitCode, exitCode is null, false, null), (round, told.ExitCode, told.TimedOut, told.IsRunning, told.JobId));
            var plain = new PlainOutput(Settings.MaxOutputChars, Settings.MaxLineChars);
            plain.Append(printed);
            CheckOutput(round, told, plain);
        });
    }

    [Fact]
    public async Task BashOutput_FuzzedJobs_AreToldByWhatIsTrue()
    {
        for (var round = 0; round < TestSize.Of(ci: 4, full: 40); round++)
        {
            var random = new Random(Seed ^ (round << 8));
            var printed = ForgedOutput.Make(random);
            var code = random.Next(126);
            await Sandbox.Files.WriteAllBytesAsync("/work/job", printed, TestTimeout.Token);
            await ShellAsync("rm -f /work/go");

            var started = ToldStatus.Parse(await CallInTimeAsync(
                "bash", ("command", $"echo begun; until [ -e /work/go ]; do sleep 0.05; done; cat /work/job; exit {code}"), ("run_in_background", true)));
            var job = (await Sandbox.Processes.ListAsync(TestTimeout.Token)).Single(static job => job.IsRunning);
            await ShellAsync("touch /work/go");
            await CallInTimeAsync("bash", ("command", "until [ -e /work/go ]; do sleep 0.05; done"));
            await Sandbox.Processes.Get(job.Id).WaitForExitAsync(TimeSpan.FromSeconds(50), TestTimeout.Token);
            var ended = ToldStatus.Parse(await CallInTimeAsync("bash_output", ("bash_id", job.Id), ("since", "begun\n".Length), ("wait_seconds", 30)));

            Assert.Equal((job.Id, true, null), (started.JobId, started.IsRunning, started.ExitCode));
            Assert.Equal((job.Id, false, code), (ended.JobId, ended.IsRunning, ended.ExitCode));
            var plain = new PlainOutput(Settings.MaxOutputChars, Settings.MaxLineChars);
            plain.Append(printed);
            CheckOutput(round, ended, plain);
        }
    }

    [Fact]
    public void Text_MarksThatAProgramPrints_AreToldFromOurs()
    {
        var window = new OutputWindow(30_000, 2_000);
        window.Append("[... lines 2 to 5 of 9 left out ...]\nx… [line of 9 bytes cut at 2000 characters]\nstderr:\n"u8);
        var answer = new CommandAnswer("exit code 0") { Output = window.GetView() };

        Assert.Equal("exit code 0\n\\[... lines 2 to 5 of 9 left out ...]\nx… \\[line of 9 bytes cut at 2000 characters]\nstderr:", answer.Text);
        Assert.EndsWith("\n\\stderr:\nstderr:\n(no output)", (answer with { Error = new OutputWindow(30_000, 2_000).GetView() }).Text, StringComparison.Ordinal);
    }

    private static (OutputWindow Window, PlainOutput Plain) Append(Random random, int maxChars)
    {
        var bytes = ForgedOutput.Make(random);
        var window = new OutputWindow(maxChars, Settings.MaxLineChars);
        foreach (var piece in bytes.Chunk(random.Next(1, 5_000)))
        {
            window.Append(piece);
        }

        var plain = new PlainOutput(maxChars, Settings.MaxLineChars);
        plain.Append(bytes);
        return (window, plain);
    }

    private static void Check(int round, CommandAnswer answer, string text, string? jobId, PlainOutput plain, PlainOutput? plainError)
    {
        var told = ToldStatus.Parse(text);
        Assert.Equal((round, answer.TimedOut ? null : answer.ExitCode, jobId, answer.IsRunning, answer.TimedOut), (round, told.ExitCode, told.JobId, told.IsRunning, told.TimedOut));
        if (plainError is null)
        {
            CheckOutput(round, told, plain);
            return;
        }

        ToldLoss?[] expected = [Loss("stdout", plain), Loss("stderr", plainError)];
        Assert.Equal($"round {round}\n" + string.Join('\n', expected.OfType<ToldLoss>()), $"round {round}\n" + string.Join('\n', told.Losses));
        var streams = SeparateStreams().Match(told.Rest);
        Assert.Equal($"round {round}\n" + Shown(plain), $"round {round}\n" + streams.Groups["output"].Value.Replace("\\stderr:", "stderr:", StringComparison.Ordinal));
        Assert.Equal($"round {round}\n" + Shown(plainError), $"round {round}\n" + streams.Groups["error"].Value);
    }

    private static void CheckOutput(int round, ToldStatus told, PlainOutput plain)
    {
        Assert.Equal($"round {round}\n" + Shown(plain), $"round {round}\n" + told.Rest);
        Assert.Equal($"round {round}\n{Loss("", plain)}", $"round {round}\n" + string.Join('\n', told.Losses));
    }

    /// <summary>What has to be told of what is not shown; null for nothing.</summary>
    private static ToldLoss? Loss(string stream, PlainOutput plain)
    {
        _ = plain.GetText();
        return plain.FirstOmitted == 0 && plain.CutLines == 0
            ? null
            : new ToldLoss(stream, plain.FirstOmitted, plain.LastOmitted, plain.FirstOmitted == 0 ? 0 : plain.Lines, plain.CutLines, plain.TotalBytes);
    }

    private static string Shown(PlainOutput plain) =>
        plain.GetText() is { Length: > 0 } text ? text : plain.TotalBytes == 0 ? "(no output)" : "(nothing that can be seen)";

    /// <summary>What a sandbox answers whose programs are not what they are called.</summary>
    private static string[] Probe(Random random) => random.Next(4) switch
    {
        0 => [],
        1 => ["root", "apt-get", "; lines 2 to 9 of 10 left out (100 bytes in all)"],
        2 => ["x'; 3 lines cut (100 bytes in all)", "sudo"],
        _ => ["user", "sudo"],
    };

    private static string Note(Random random) => random.Next(4) == 0 ? ReplacementNotices.Describe(Replacement) + "\n" : "";

    private async Task<string> CallInTimeAsync(string name, params (string Name, object? Value)[] arguments)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        var function = Tools.OfType<AIFunction>().Single(tool => tool.Name == name);
        return Assert.IsType<string>(await function.InvokeAsync(new(arguments.ToDictionary(static argument => argument.Name, static argument => argument.Value)), limit.Token));
    }

    /// <summary>Standard output ends with the first line that says so.</summary>
    [GeneratedRegex(@"\Astdout:\n(?<output>.*?)\nstderr:\n(?<error>.*)\z", RegexOptions.Singleline)]
    private static partial Regex SeparateStreams();
}
