using ModalAI.TestSupport;
using ModalAI.Tools;

namespace ModalAI.Tests.Tools;

public sealed class JobToolTests(EmulatorFixture fixture) : ToolTest(fixture)
{
    private static readonly CommandSettings Settings = new() { JobPatience = TimeSpan.FromSeconds(0.3) };

    private readonly JobCursors _cursors = new();

    [Fact]
    public async Task Tools_JobFromStartToEnd_AreEnoughForAModel()
    {
        var started = await CallAsync("bash", ("command", "echo up; until [ -e /work/go ]; do sleep 0.05; done; echo over; exit 6"), ("run_in_background", true));
        var id = System.Text.RegularExpressions.Regex.Match(started, @"\Astill running after [\d.]+ s as job (\S+),").Groups[1].Value;

        Assert.StartsWith($"job {id} is still running; use bash_output", await CallAsync("bash_output", ("bash_id", id)), StringComparison.Ordinal);
        await ShellAsync("touch /work/go");
        var ended = await CallAsync("bash_output", ("bash_id", id), ("wait_seconds", 30));
        Assert.Matches($@"\Ajob {id} ended with exit code 6; output from byte \d+ to 8 is below\n", ended);
        Assert.EndsWith("over", ended, StringComparison.Ordinal);
        Assert.EndsWith("\nup\nover", await CallAsync("bash_output", ("bash_id", id), ("since", "0")), StringComparison.Ordinal);
        Assert.Contains("had ended before, with exit code 6", await CallAsync("kill_bash", ("bash_id", id)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_WithoutAnOffset_GoesOnWhereTheLastHasStopped()
    {
        var job = await StartAsync("echo one; until [ -e /work/go ]; do sleep 0.05; done; echo two; sleep 300");
        await ReadUntilAsync(job.JobId!, "one\n".Length);
        await ShellAsync("touch /work/go");

        Assert.Equal("two", await ReadUntilAsync(job.JobId!, "one\ntwo\n".Length));
    }

    [Fact]
    public async Task Read_ByAnotherProgram_FindsTheJobByItsId()
    {
        var job = await StartAsync("echo one; sleep 300");
        await using var client = Fixture.CreateClient();
        await using var sandbox = client.Sandboxes.Get(Sandbox.Id);
        var jobs = new JobTool(Settings, ToolWords.Default, new JobCursors());

        CommandAnswer answer;
        do
        {
            answer = await jobs.ReadAsync(sandbox, job.JobId!, 0, TimeSpan.Zero, null, TestTimeout.Token);
        }
        while (answer.Output!.TotalBytes == 0);

        Assert.Equal((true, "one"), (answer.IsRunning, answer.Output.Text));
        Assert.StartsWith($"job {job.JobId} was ended", (await jobs.KillAsync(sandbox, job.JobId!, TestTimeout.Token)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_LongOutput_IsShownInPartAndKeptInAFile()
    {
        var job = await StartAsync("seq 1000000");

        var answer = await Jobs().ReadAsync(Sandbox, job.JobId!, 0, TimeSpan.FromSeconds(50), null, TestTimeout.Token);

        Assert.Equal((0, 6_888_896, 1_000_000), (answer.ExitCode, answer.Output!.TotalBytes, answer.Output.Lines));
        Assert.InRange(answer.Text.Length, 25_000, 31_000);
        Assert.Equal("6888896\n", await ShellAsync($"wc -c <{answer.LogPath}"));
    }

    [Fact]
    public async Task Write_OpenInput_ReachesTheJob()
    {
        var job = await StartAsync("while read -r line; do echo \"got $line\"; done; echo end", keepsInputOpen: true);

        Assert.Equal("got a", (await Jobs().WriteAsync(Sandbox, job.JobId!, "a\n", endsInput: false, TimeSpan.FromSeconds(30), null, TestTimeout.Token)).Output!.Text);
        await Jobs().WriteAsync(Sandbox, job.JobId!, "b\n", endsInput: true, TimeSpan.FromSeconds(30), null, TestTimeout.Token);

        var all = await Jobs().ReadAsync(Sandbox, job.JobId!, 0, TimeSpan.FromSeconds(30), null, TestTimeout.Token);
        Assert.Equal((0, "got a\ngot b\nend"), (all.ExitCode, all.Output!.Text));
    }

    [Fact]
    public async Task Write_ClosedInput_IsSaid()
    {
        var job = await StartAsync("sleep 300");

        Assert.Contains("its input is closed", (await Jobs().WriteAsync(Sandbox, job.JobId!, "a", false, TimeSpan.Zero, null, TestTimeout.Token)).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("4")]
    [InlineData("")]
    [InlineData("$(touch /tmp/x)\n\u001B[1m")]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    public async Task Use_UnknownJob_NamesThoseThereAre(string jobId)
    {
        Assert.EndsWith("It has none. Start one with bash and run_in_background.", (await Jobs().ReadAsync(Sandbox, jobId, null, TimeSpan.Zero, null, TestTimeout.Token)).Text, StringComparison.Ordinal);
        var job = await StartAsync("sleep 300");

        var text = (await Jobs().KillAsync(Sandbox, jobId, TestTimeout.Token)).Text;

        Assert.StartsWith("Error: There is no job ", text, StringComparison.Ordinal);
        Assert.Contains($"{job.JobId} (runs: sleep 300)", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', text);
    }

    [Fact]
    public async Task Read_OffsetBehindTheEnd_IsExplained()
    {
        var job = await StartAsync("sleep 300");

        Assert.Contains("has not printed 100 bytes", (await Jobs().ReadAsync(Sandbox, job.JobId!, 100, TimeSpan.Zero, null, TestTimeout.Token)).Text, StringComparison.Ordinal);
        Assert.Contains("0 or more", (await Jobs().ReadAsync(Sandbox, job.JobId!, -1, TimeSpan.Zero, null, TestTimeout.Token)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Kill_Job_EndsItsChildrenToo()
    {
        var job = await StartAsync("(sleep 301 & echo $! >/work/child; wait) & wait");
        await ShellAsync("until [ -s /work/child ]; do sleep 0.05; done");

        var answer = await Jobs().KillAsync(Sandbox, job.JobId!, TestTimeout.Token);

        Assert.False(answer.IsRunning);
        Assert.Equal("gone\n", await ShellAsync("kill -0 $(cat /work/child) 2>/dev/null || echo gone"));
    }

    private JobTool Jobs() => new(Settings, ToolWords.Default, _cursors);

    private Task<CommandAnswer> StartAsync(string command, bool keepsInputOpen = false) =>
        new CommandTool(Settings, SandboxFacts.Unknown, ToolWords.Default, _cursors).RunAsync(
            Sandbox, new(command) { InBackground = true, KeepsInputOpen = keepsInputOpen }, TestTimeout.Token);

    /// <summary>What came with the last of it.</summary>
    private async Task<string> ReadUntilAsync(string jobId, int end)
    {
        var token = TestTimeout.Token;
        while (true)
        {
            var answer = await Jobs().ReadAsync(Sandbox, jobId, null, TimeSpan.Zero, null, token);
            if (_cursors.Get(jobId) >= end)
            {
                return answer.Output!.Text;
            }
        }
    }
}
