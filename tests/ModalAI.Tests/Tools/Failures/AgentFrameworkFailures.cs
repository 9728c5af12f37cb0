using static ModalAI.Tests.Tools.Failures.FailureCase;

namespace ModalAI.Tests.Tools.Failures;

/// <summary>What goes wrong with the functions of Agent Framework where they differ from the others.</summary>
internal static class AgentFrameworkFailures
{
    public static IEnumerable<FailureCase> All =>
    [
        AgentFramework("af-read-missing", "file_access_read", ("fileName", "{here}/notse.md"))
            .Recovers("Similar:", sees: "hello").After("echo hello >notes.md"),
        AgentFramework("af-read-directory", "file_access_read", ("fileName", "{here}/sub"))
            .Recovers("Use file_access_ls for directories", sees: "inside").After("mkdir sub; touch sub/inside"),
        AgentFramework("af-read-fifo", "file_access_read", ("fileName", "{here}/pipe")).Recovers("Use run_shell (ls -l)", sees: "prw").After("mkfifo pipe"),
        AgentFramework("af-read-beyond", "file_access_read_lines", ("fileName", "{here}/lines"), ("startLine", 7))
            .Recovers("which has 2 lines", sees: "two").After("printf 'one\\ntwo\\n' >lines"),
        AgentFramework("af-read-zero", "file_access_read_lines", ("fileName", "{here}/lines"), ("startLine", -2))
            .Recovers("startLine is -2", sees: "one").After("echo one >lines"),
        AgentFramework("af-read-elsewhere", "file_access_read", ("fileName", "{here}/elsewhere-6.md"))
            .Recovers("Use run_shell (find) to look for it", sees: "sub/elsewhere-6.md").After("mkdir sub; touch sub/elsewhere-6.md"),
        AgentFramework("af-write-exists", "file_access_write", ("fileName", "{here}/file"), ("content", "new"))
            .Recovers("exists already and was left alone", goal: "grep -q new file").After("echo old >file"),
        AgentFramework("af-write-directory", "file_access_write", ("fileName", "{here}/sub"), ("content", "x"))
            .Recovers("is a directory", sees: "inside").After("mkdir sub; touch sub/inside"),
        AgentFramework("af-replace-near", "file_access_replace", ("fileName", "{here}/file"), ("oldString", "color = gray"), ("newString", "new"))
            .Recovers("Closest: line 1", goal: "grep -q new file").After("echo color = grey >file"),
        AgentFramework("af-replace-ambiguous", "file_access_replace", ("fileName", "{here}/file"), ("oldString", "x"), ("newString", "new"))
            .Recovers("set replaceAll", goal: "[ $(grep -c new file) = 2 ]").After("printf 'x\\nx\\n' >file"),
        AgentFramework("af-replace-empty", "file_access_replace", ("fileName", "{here}/file"), ("oldString", "x"), ("newString", "new"))
            .Recovers("it is empty. Use file_access_write", goal: "grep -q new file").After("touch file"),
        AgentFramework("af-replace-missing", "file_access_replace", ("fileName", "{here}/flie"), ("oldString", "x"), ("newString", "new"))
            .Recovers("Similar:", goal: "grep -q new file").After("echo x >file"),
        AgentFramework("af-lines-beyond", "file_access_replace_lines", ("fileName", "{here}/file"), ("edits", new[] { Line(9, "new") }))
            .IsTold("it has 1 line; lines 9 to 9 are not among them").After("echo x >file"),
        AgentFramework("af-lines-twice", "file_access_replace_lines", ("fileName", "{here}/file"), ("edits", new[] { Line(1, "a"), Line(1, "b") }))
            .IsTold("overlap. Give each line once").After("echo x >file"),
        AgentFramework("af-lines-names", "file_access_replace_lines", ("fileName", "{here}/file"), ("edits", new[] { new Dictionary<string, object?> { ["number"] = 1, ["new_line"] = "new" } }))
            .Recovers("edits[0] has no 'number'", goal: "grep -q new file").After("echo x >file"),
        AgentFramework("af-delete-filled", "file_access_delete", ("fileName", "{here}/sub"))
            .Recovers("it is a directory that is not empty", goal: "[ ! -e sub ]").After("mkdir sub; touch sub/inside"),
        AgentFramework("af-delete-missing", "file_access_delete", ("fileName", "{here}/odl.txt"))
            .Recovers("Similar:", goal: "[ ! -e old.txt ]").After("touch old.txt"),
        AgentFramework("af-ls-file", "file_access_ls", ("directory", "{here}/file"))
            .Recovers("Use file_access_read for files", sees: "content").After("echo content >file"),
        AgentFramework("af-ls-missing", "file_access_ls", ("directory", "{here}/scr"))
            .Recovers("Similar:", sees: "inside").After("mkdir src; touch src/inside"),
        AgentFramework("af-grep-pattern", "file_access_grep", ("regexPattern", "main("), ("directory", "{here}"))
            .Recovers("The pattern is a regular expression", sees: "main()").After("echo 'main()' >file"),
        AgentFramework("af-grep-missing", "file_access_grep", ("regexPattern", "x"), ("directory", "{here}/where-3"))
            .Recovers("does not exist", sees: "where-3").After("mkdir sub; touch sub/where-3"),
        AgentFramework("af-shell-empty", "run_shell", ("command", "")).IsTold("command is empty"),
        AgentFramework("af-shell-lines", "run_shell", ("command", "seq 1 20000")).Recovers("do not run the command again", sees: "     1\t1\n"),
        AgentFramework("af-shell-program", "run_shell", ("command", "frobnicate-3")).IsTold("there is no program 'frobnicate-3'"),
        AgentFramework("af-shell-name", "run_shell", ("cmd", "echo ran")).Recovers("it has no argument 'cmd'", sees: "ran"),
        AgentFramework("af-code-fails", "execute_code", ("code", "raise SystemExit(4)")).IsTold("exit code"),
        AgentFramework("af-code-missing", "execute_code").IsTold("argument 'code' is missing"),
        AgentFramework("af-code-nul", "execute_code", ("code", "print('ran')\0")).Recovers("holds a NUL character", sees: "exit code"),
    ];

    private static Dictionary<string, object?> Line(int number, string text) => new() { ["line_number"] = number, ["new_line"] = text };
}
