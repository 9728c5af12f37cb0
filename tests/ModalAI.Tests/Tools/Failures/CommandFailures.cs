using static ModalAI.Tests.Tools.Failures.FailureCase;

namespace ModalAI.Tests.Tools.Failures;

/// <summary>What goes wrong with commands and jobs.</summary>
internal static class CommandFailures
{
    public static IEnumerable<FailureCase> All => [.. Commands(), .. Jobs(), .. Ended()];

    private static IEnumerable<FailureCase> Commands()
    {
        yield return Bash("bash-empty", "").IsTold("command is empty");
        yield return Bash("bash-blank", " \n\t").IsTold("command is empty");
        yield return Bash("bash-nul", "echo o\0ne").Recovers("holds a NUL character", sees: "exit code 0\none");
        yield return Bash("bash-long", $"echo {{here}} >/dev/null; touch {{here}}/ran\n#{new string('x', 1_100_000)}")
            .Recovers("put it into a file with write, then run that", goal: "[ -f ran ]");
        yield return Bash("bash-syntax", "if true; do").IsTold("exit code 2");
        yield return Bash("bash-fails", "exit 3").IsTold("exit code 3");
        yield return Bash("bash-missing-program", "frobnicate-1 --now").IsTold("there is no program 'frobnicate-1' in this sandbox");
        yield return Bash("bash-missing-script", "{here}/none.sh").IsTold("exit code 127");
        yield return Bash("bash-not-executable", "cd {here} && ./script")
            .Recovers("exit code 126", sees: "script").After("echo 'echo ran' >script; chmod 644 script");
        yield return Bash("bash-directory", "{here}").Recovers("exit code 126", sees: "exit code 0");
        yield return Bash("bash-killed", "kill -9 $$").IsTold("killed by signal 9");
        yield return Bash("bash-child-killed", "sh -c 'kill -9 $$'; exit 137").IsTold("it may have run out of memory");
        yield return Bash("bash-segfault", "ulimit -c 0; kill -11 $$").IsTold("exit code 139");
        yield return Bash("bash-terminated", "kill -15 $$").IsTold("exit code 143");
        yield return Bash("bash-timed-out", "echo started; sleep 3; touch {here}/done", ("timeout_seconds", 1))
            .Recovers("timed out: killed after 1 s", goal: "[ -f done ]");
        yield return Bash("bash-no-time", "touch {here}/done", ("timeout_seconds", 0))
            .Recovers("timeout_seconds is 0; it has to be from 1 to 600", goal: "[ -f done ]");
        yield return Bash("bash-negative-time", "touch {here}/done", ("timeout_seconds", -5)).Recovers("timeout_seconds is -5", goal: "[ -f done ]");
        yield return Bash("bash-much-time", "touch {here}/done", ("timeout_seconds", 99_999)).GoesUnnoticed("was lowered to 600");
        yield return Bash("bash-no-workdir", "echo ran", ("workdir", "{here}/none"))
            .Recovers("workdir is no directory that can be entered", sees: "exit code 0\nran");
        yield return Bash("bash-file-workdir", "echo ran", ("workdir", "{here}/file")).Recovers("exit code 125", sees: "exit code 0\nran").After("touch file");
        yield return Bash("bash-nul-workdir", "pwd", ("workdir", "{here}\0")).Recovers("holds a NUL character");
        yield return Bash("bash-long-workdir", "pwd", ("workdir", "/" + new string('d', 5000))).IsTold("at most 4095 are taken");
        yield return Bash("bash-reads-input", "read line || echo no input; exit 1").IsTold("exit code 1\nno input");
        yield return Bash("bash-many-lines", "seq 1 20000").Recovers("do not run the command again", sees: "     1\t1\n");
        yield return Bash("bash-long-line", "head -c 50000 /dev/zero | tr '\\000' x").Recovers("1 line cut", sees: "xxxx");
        yield return Bash("bash-goes-on", "sleep 3; echo finished")
            .Recovers("use bash_output to follow it", sees: "finished").With(static options => options.YieldAfter = TimeSpan.FromMilliseconds(200));
        yield return Bash("bash-no-network", "exec 3<>/dev/tcp/192.0.2.1/80").IsTold("exit code 1").After("! (exec 3<>/dev/tcp/192.0.2.1/80) 2>/dev/null");
        yield return OpenAI("exec-empty", "exec_command", ("cmd", "")).IsTold("cmd is empty");
        yield return OpenAI("exec-negative-yield", "exec_command", ("cmd", "echo ran"), ("yield_time_ms", -1)).Recovers("yield_time_ms is -1", sees: "ran");
        yield return OpenAI("exec-no-tokens", "exec_command", ("cmd", "echo ran"), ("max_output_tokens", 0)).Recovers("max_output_tokens is 0", sees: "ran");
        yield return OpenAI("exec-no-shell", "exec_command", ("cmd", "echo ran"), ("shell", "fish-9")).IsTold("exit code 127");
        yield return OpenAI("exec-no-workdir", "exec_command", ("cmd", "echo ran"), ("workdir", "{here}/none"))
            .Recovers("workdir is no directory", sees: "exit code 0\nran");
        yield return OpenAI("exec-goes-on", "exec_command", ("cmd", "sleep 2; echo finished"), ("yield_time_ms", 100))
            .Recovers("use write_stdin to follow it", sees: "finished");
        yield return OpenAI("exec-many-lines", "exec_command", ("cmd", "seq 1 20000")).Recovers("do not run the command again", sees: "exit code 0\n1");
        yield return OpenAI("exec-missing-program", "exec_command", ("cmd", "frobnicate-2")).IsTold("there is no program 'frobnicate-2'");
        yield return LangChain("lc-execute-timed-out", "execute", ("command", "sleep 3; touch {here}/done"), ("timeout", 1))
            .Recovers("give a longer timeout, at most 600", goal: "[ -f done ]");
        yield return LangChain("lc-execute-no-time", "execute", ("command", "touch {here}/done"), ("timeout", 0)).Recovers("timeout is 0", goal: "[ -f done ]");
        yield return LangChain("lc-execute-nul", "execute", ("command", "touch {here}/do\0ne")).Recovers("holds a NUL character", goal: "[ -f done ]");
        yield return LangChain("lc-execute-many-lines", "execute", ("command", "seq 1 20000")).Recovers("do not run the command again", sees: "     1\t1\n");
    }

    private static IEnumerable<FailureCase> Jobs()
    {
        const string None = "00000000-0000-0000-0000-000000000000";
        yield return Claude("job-none", "bash_output", ("bash_id", "1")).IsTold("It has none. Start one with bash and run_in_background").In("no-jobs");
        yield return Claude("job-none-input", "bash_input", ("bash_id", None), ("input", "x\n")).IsTold("There is no job").In("no-jobs");
        yield return Claude("job-none-kill", "kill_bash", ("bash_id", "")).IsTold("There is no job ''").In("no-jobs");
        yield return OpenAI("session-none", "write_stdin", ("session_id", "1")).IsTold("It has none. Start one with exec_command").In("no-jobs");
        yield return Claude("job-unknown", "bash_output", ("bash_id", None))
            .Recovers("Its jobs:", sees: "started").WithJob("echo started; sleep 300").In("jobs-1");
        yield return Claude("job-unknown-kill", "kill_bash", ("bash_id", "%1")).Recovers("Its jobs:", sees: "was ended").WithJob("sleep 300").In("jobs-2");
        yield return Claude("job-unknown-input", "bash_input", ("bash_id", "7"), ("input", "hello\n"))
            .Recovers("Its jobs:", sees: "got hello").WithJob("read x; echo got $x; sleep 300").In("jobs-3");
        yield return Claude("job-beyond", "bash_output", ("bash_id", "{job}"), ("since", 1_000_000))
            .Recovers("has not printed 1000000 bytes yet", sees: "output from byte").WithJob("echo started; sleep 300").In("jobs-1");
        yield return Claude("job-negative-since", "bash_output", ("bash_id", "{job}"), ("since", -1))
            .Recovers("since is -1", sees: "output from byte 0").WithJob("echo started; sleep 300").In("jobs-1");
        yield return Claude("job-ended", "bash_input", ("bash_id", "{job}"), ("input", "x\n"))
            .Recovers("it has ended with exit code 3", sees: "ended with exit code 3").WithJob("exit 3").In("jobs-4");
        yield return Claude("job-input-closed", "bash_input", ("bash_id", "{job}"), ("input", "x\n"), ("end", true))
            .GoesUnnoticed("job").WithJob("cat; sleep 300").In("jobs-3");
        yield return Claude("job-kill-ended", "kill_bash", ("bash_id", "{job}"))
            .Recovers("had ended before, with exit code 3", sees: "ended with exit code 3").WithJob("exit 3").In("jobs-4");
        yield return Claude("job-limit", "bash", ("command", "touch {here}/ran"), ("run_in_background", true))
            .Recovers("1 job is running, the most that may", goal: "for i in $(seq 100); do [ -f ran ] && exit; sleep 0.1; done; false")
            .WithJob("sleep 300").In("jobs-5", static options => options.MaxJobs = 1);
        yield return Claude("job-restarted", "bash_output", ("bash_id", "{job}"), ("wait_seconds", -3))
            .GoesUnnoticed("is still running").WithJob("sleep 300").In("jobs-2");
        yield return OpenAI("session-unknown", "write_stdin", ("session_id", "no"))
            .Recovers("Its jobs:", sees: "started").WithJob("echo started; sleep 300").In("jobs-6");
        yield return OpenAI("session-no-input", "write_stdin", ("session_id", "{job}"), ("chars", "x\n"))
            .Recovers("takes no input", sees: "is still running").WithJob("sleep 300").In("jobs-6");
        yield return OpenAI("session-negative", "write_stdin", ("session_id", "{job}"), ("yield_time_ms", -1))
            .Recovers("yield_time_ms is -1", sees: "job").WithJob("sleep 300").In("jobs-6");
    }

    /// <summary>Each function in a sandbox that has ended.</summary>
    private static IEnumerable<FailureCase> Ended()
    {
        FailureCase[] cases =
        [
            Bash("ended-bash", "true"),
            Claude("ended-read", "read", ("file_path", "x")),
            Claude("ended-write", "write", ("file_path", "x"), ("content", "x")),
            Claude("ended-edit", "edit", ("file_path", "x"), ("old_string", "x"), ("new_string", "y")),
            Claude("ended-glob", "glob", ("pattern", "*")),
            Claude("ended-grep", "grep", ("pattern", "x")),
            Claude("ended-output", "bash_output", ("bash_id", "00000000-0000-0000-0000-000000000000")),
            Claude("ended-input", "bash_input", ("bash_id", "00000000-0000-0000-0000-000000000000"), ("input", "x")),
            Claude("ended-kill", "kill_bash", ("bash_id", "00000000-0000-0000-0000-000000000000")),
            Claude("ended-publish", "publish_file", ("path", "x")).Publishing(),
            OpenAI("ended-exec", "exec_command", ("cmd", "true")),
            OpenAI("ended-patch", "apply_patch", ("input", "*** Begin Patch\n*** Add File: x\n+x\n*** End Patch")),
            LangChain("ended-ls", "ls"),
            LangChain("ended-delete", "delete", ("file_path", "x")),
        ];
        return cases.Select(static failure => failure.IsTold("Further calls will fail too: tell the user").In(FailureCatalogue.EndedSandbox));
    }

    private static FailureCase Bash(string id, string command, params (string Name, object? Value)[] more) => Claude(id, "bash", [("command", command), .. more]);
}
