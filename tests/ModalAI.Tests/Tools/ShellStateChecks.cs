using ModalAI.TestSupport;
using ModalAI.Tools;

namespace ModalAI.Tests.Tools;

/// <summary>What holds of the state between calls with each shell.</summary>
internal static class ShellStateChecks
{
    private static readonly CommandSettings Settings = new() { StateKey = "test" };

    /// <param name="sandbox">The sandbox.</param>
    /// <param name="start">Its working directory.</param>
    /// <param name="shell">The shell; null for the one that is taken by default.</param>
    public static async Task RunAsync(ModalSandbox sandbox, string start, string? shell)
    {
        // A new one starts where the sandbox does, and saving changes no exit code.
        await ExpectAsync($"0 {start}", "pwd");
        await ExpectAsync("3 ", "mkdir -p '/tmp/a dir'; cd '/tmp/a dir'; exit 3");
        await ExpectAsync("0 /tmp/a dir", "pwd");
        await ExpectAsync("7 ", "set -e; cd /; (exit 7); cd /tmp");
        await ExpectAsync("0 /", "pwd");
        await ExpectAsync("2 bye", "trap 'echo bye' EXIT; cd /tmp; (exit 2)");
        await ExpectAsync("0 /tmp\ntrue", "set -eu; pwd; PS4=; set -x; true");

        // Variables, whatever they hold; those that were there and are changed or unset too.
        await ExpectAsync("0 ", "export PLAIN='a  b' QUOTED=\"it's \\\"\\$(touch /tmp/run)\\\" \\`x\\`\" LINES='1\n2\n\n' EMPTY= TERM=xterm; local_one=x; unset PAGER; cd \"$PWD\"");
        await ExpectAsync(
            "0 a  b|it's \"$(touch /tmp/run)\" `x`|1\n2\n\n|set|xterm|no|no",
            "printf '%s|%s|%s|%s|%s|%s|%s' \"$PLAIN\" \"$QUOTED\" \"$LINES\" ${EMPTY+set} $TERM ${local_one-no} ${PAGER-no}");
        await ExpectAsync("0 a  b", "echo \"$PLAIN\"; export PATH=/nowhere");
        await ExpectAsync("0 a  b /nowhere", "echo \"$PLAIN\" $PATH; export PATH=/bin:/usr/bin");
        await ExpectAsync("0 ", "unset PLAIN QUOTED LINES EMPTY PAGER; export TERM=dumb PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");

        // A long command, and one on the given directory, which is for that call alone.
        await ExpectAsync("0 /tmp", $"# {new string('x', 100_000)}\npwd; cat; cd /");
        await ExpectAsync("0 /tmp", "pwd; export KEPT=1", directory: "/tmp");
        await ExpectAsync("0 / 1", "echo $PWD $KEPT");

        // A directory that is gone.
        await ExpectAsync("0 ", "mkdir /tmp/gone; cd /tmp/gone; rmdir /tmp/gone");
        await ExpectAsync($"0 [the last call's working directory /tmp/gone is gone; this call runs in {start}]\n{start}", "pwd");

        // What somebody writes there sets variables, and runs nothing.
        await ExpectAsync("0 ", "printf '%s\\n' '/$(touch /tmp/run)' '+A=$(touch /tmp/run)' '+B;touch /tmp/run=1' '-B;touch /tmp/run' '+MODALAI_EXEC_ID=1' 'touch /tmp/run' '+SHELLOPTS=x' '+UID=0' >/tmp/.modalai/shell/test");
        await ExpectAsync(
            $"0 [the last call's working directory /$(touch /tmp/run) is gone; this call runs in {start}]\n$(touch /tmp/run) own",
            "echo \"$A\" $([ \"$MODALAI_EXEC_ID\" = 1 ] || echo own)");
        await ExpectAsync("0 none", "[ -e /tmp/run ] || echo none");

        // A job takes the state and does not leave one; a call that was overtaken neither.
        await ExpectAsync("0 ", "cd /tmp; export WHO=first");
        await ExpectAsync("0 first", "echo $WHO; export WHO=job; cd /", inBackground: true);
        await ExpectAsync("0 /tmp first", "echo $PWD $WHO");
        var slow = AskAsync("touch /tmp/begun; until [ -e /tmp/go ]; do sleep 0.05; done; export WHO=slow", null, false);
        await ExpectAsync("0 ", "until [ -e /tmp/begun ]; do sleep 0.05; done; export WHO=quick");
        await sandbox.ExecuteAsync("touch /tmp/go", TestTimeout.Token);
        await slow;
        await ExpectAsync("0 quick", "echo $WHO");

        // Nothing of it is in a command that keeps no state.
        var plain = await new CommandTool(Settings with { StateKey = null }, SandboxFacts.Unknown, ToolWords.Default, new JobCursors())
            .RunAsync(sandbox, new("echo ${WHO-no} $PWD"), TestTimeout.Token);
        Assert.Equal($"no {start}", plain.Output!.Text);

        async Task ExpectAsync(string expected, string command, string? directory = null, bool inBackground = false)
        {
            var answer = await AskAsync(command, directory, inBackground);
            Assert.Equal(expected, $"{answer.ExitCode} {answer.Output!.Text}");
        }

        Task<CommandAnswer> AskAsync(string command, string? directory, bool inBackground) =>
            new CommandTool(Settings with { JobPatience = TimeSpan.FromSeconds(30) }, SandboxFacts.Unknown, ToolWords.Default, new JobCursors()).RunAsync(
                sandbox, new(command) { Shell = shell, WorkingDirectory = directory, InBackground = inBackground }, TestTimeout.Token);
    }
}
