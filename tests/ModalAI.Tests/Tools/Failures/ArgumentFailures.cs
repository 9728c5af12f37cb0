using System.Text.Json;
using static ModalAI.Tests.Tools.Failures.FailureCase;

namespace ModalAI.Tests.Tools.Failures;

/// <summary>Arguments that are not of the right name, type or number.</summary>
internal static class ArgumentFailures
{
    private const char HalfOfAPair = '\uD83D';

    public static IEnumerable<FailureCase> All => [.. Names(), .. Missing(), .. Types()];

    private static IEnumerable<FailureCase> Names()
    {
        yield return Claude("name-cmd", "bash", ("cmd", "echo ran")).Recovers("it has no argument 'cmd'", sees: "ran");
        yield return Claude("name-path", "read", ("path", "{here}/file")).Recovers("it has no argument 'path'", sees: "hello").After("echo hello >file");
        yield return Claude("name-text", "write", ("file_path", "{here}/file"), ("text", "hello"))
            .Recovers("it has no argument 'text'", goal: "grep -q hello file");
        yield return Claude("name-case", "read", ("File_Path", "{here}/file"))
            .Recovers("it has no argument 'File_Path'", sees: "hello").After("echo hello >file");
        yield return Claude("name-extra", "bash", ("command", "echo ran"), ("description", "says ran"))
            .Recovers("it has no argument 'description'", sees: "ran");
        yield return Claude("name-regex", "grep", ("regex", "hello"), ("path", "{here}"))
            .Recovers("it has no argument 'regex'", sees: "file").After("echo hello >file");
        yield return Claude("name-long", "bash", ("command", "echo ran"), (new string('n', 2000), "x")).Recovers("it has no argument", sees: "ran");
        yield return OpenAI("name-command", "exec_command", ("command", "echo ran")).Recovers("it has no argument 'command'", sees: "ran");
        yield return OpenAI("name-patch", "apply_patch", ("patch", "*** Begin Patch\n*** Add File: {here}/file\n+x\n*** End Patch"))
            .Recovers("it has no argument 'patch'", goal: "[ -f file ]");
        yield return OpenAI("name-timeout", "exec_command", ("cmd", "echo ran"), ("timeout", 5)).Recovers("it has no argument 'timeout'", sees: "ran");
        yield return LangChain("name-directory", "ls", ("directory", "{here}")).Recovers("it has no argument 'directory'");
        yield return LangChain("name-file", "delete", ("path", "{here}/file")).Recovers("it has no argument 'path'", goal: "[ ! -e file ]").After("touch file");
    }

    private static IEnumerable<FailureCase> Missing()
    {
        yield return Claude("missing-command", "bash").IsTold("argument 'command' is missing");
        yield return Claude("missing-path", "read").IsTold("argument 'file_path' is missing");
        yield return Claude("missing-null", "read", ("file_path", null)).IsTold("argument 'file_path' is missing");
        yield return Claude("missing-content", "write", ("file_path", "{here}/file")).IsTold("argument 'content' is missing");
        yield return Claude("missing-new", "edit", ("file_path", "{here}/file"), ("old_string", "x")).IsTold("argument 'new_string' is missing");
        yield return Claude("missing-pattern", "glob").IsTold("argument 'pattern' is missing");
        yield return Claude("missing-edits", "multi_edit", ("file_path", "{here}/file")).IsTold("argument 'edits' is missing");
        yield return Claude("missing-field", "multi_edit", ("file_path", "{here}/file"), ("edits", new[] { new Dictionary<string, object?> { ["old_string"] = "x" } }))
            .IsTold("edits[0].new_string is missing");
        yield return Claude("missing-input", "bash_input", ("bash_id", "x")).IsTold("argument 'input' is missing");
        yield return OpenAI("missing-cmd", "exec_command").IsTold("argument 'cmd' is missing");
        yield return OpenAI("missing-patch", "apply_patch").IsTold("argument 'input' is missing");
        yield return LangChain("missing-file", "delete").IsTold("argument 'file_path' is missing");
    }

    private static IEnumerable<FailureCase> Types()
    {
        yield return Claude("type-command-list", "bash", ("command", new[] { "echo", "ran" })).Recovers("'command' has to be a string", sees: "ran");
        yield return Claude("type-command-object", "bash", ("command", new Dictionary<string, object?> { ["line"] = "echo ran" }))
            .Recovers("'command' has to be a string", sees: "ran");
        yield return Claude("type-seconds-word", "bash", ("command", "echo ran"), ("timeout_seconds", "10 seconds"))
            .Recovers("'timeout_seconds' has to be an integer", sees: "ran");
        yield return Claude("type-seconds-fraction", "bash", ("command", "echo ran"), ("timeout_seconds", 1.5))
            .Recovers("'timeout_seconds' has to be an integer", sees: "ran");
        yield return Claude("type-seconds-flag", "bash", ("command", "echo ran"), ("timeout_seconds", true))
            .Recovers("'timeout_seconds' has to be an integer", sees: "ran");
        yield return Claude("type-seconds-text", "bash", ("command", "echo ran"), ("timeout_seconds", "20")).GoesUnnoticed();
        yield return Claude("type-flag-word", "bash", ("command", "echo ran"), ("run_in_background", "no"))
            .Recovers("'run_in_background' has to be a boolean", sees: "ran");
        yield return Claude("type-flag-number", "edit", ("file_path", "{here}/file"), ("old_string", "x"), ("new_string", "new"), ("replace_all", 1))
            .Recovers("'replace_all' has to be a boolean", goal: "grep -q new file").After("echo x >file");
        yield return Claude("type-flag-text", "edit", ("file_path", "{here}/file"), ("old_string", "x"), ("new_string", "new"), ("replace_all", "true"))
            .GoesUnnoticed("edited").After("echo x >file");
        yield return Claude("type-path-number", "read", ("file_path", 17)).IsTold("'17' does not exist");
        yield return Claude("type-path-list", "read", ("file_path", new[] { "{here}/file" }))
            .Recovers("'file_path' has to be a string", sees: "hello").After("echo hello >file");
        yield return Claude("type-content-object", "write", ("file_path", "{here}/file"), ("content", new Dictionary<string, object?> { ["text"] = "hello" }))
            .Recovers("'content' has to be a string", goal: "grep -q hello file");
        yield return Claude("type-offset-word", "read", ("file_path", "{here}/file"), ("offset", "first"))
            .Recovers("'offset' has to be an integer", sees: "hello").After("echo hello >file");
        yield return Claude("type-offset-huge", "read", ("file_path", "{here}/file"), ("offset", 1e30))
            .Recovers("which has 1 line", sees: "hello").After("echo hello >file");
        yield return Claude("type-limit-object", "read", ("file_path", "{here}/file"), ("limit", new Dictionary<string, object?> { ["lines"] = 5 }))
            .Recovers("'limit' has to be an integer", sees: "hello").After("echo hello >file");
        yield return Claude("type-edit-text", "multi_edit", ("file_path", "{here}/file"), ("edits", new[] { "one" }))
            .IsTold("edits[0] has to be an object with old_string, new_string, replace_all").After("echo one >file");
        yield return Claude("type-edit-field", "multi_edit", ("file_path", "{here}/file"), ("edits", new[] { new Dictionary<string, object?> { ["old_string"] = new[] { "one" }, ["new_string"] = "1" } }))
            .IsTold("edits[0].old_string has to be a string").After("echo one >file");
        yield return Claude("half-command", "bash", ("command", $"echo ran{HalfOfAPair}")).Recovers("half of a surrogate pair", sees: "ran");
        yield return Claude("half-path", "read", ("file_path", $"{{here}}/file{HalfOfAPair}"))
            .Recovers("half of a surrogate pair", sees: "hello").After("echo hello >file");
        yield return Claude("half-content", "write", ("file_path", "{here}/file"), ("content", $"hello{HalfOfAPair}"))
            .Recovers("half of a surrogate pair", goal: "grep -q hello file");
        yield return Claude("half-pattern", "grep", ("pattern", $"hello{HalfOfAPair}"), ("path", "{here}"))
            .Recovers("half of a surrogate pair", sees: "file").After("echo hello >file");
        yield return Claude("half-json", "bash", ("command", JsonElement.Parse("\"echo \\ud83d\""))).IsTold("half of a surrogate pair");
        yield return Claude("half-json-text", "multi_edit", ("file_path", "{here}/file"), ("edits", """[{"old_string":"\ud83d","new_string":"x"}]"""))
            .IsTold("half of a surrogate pair").After("echo x >file");
        yield return Claude("half-json-name", "multi_edit", ("file_path", "{here}/file"), ("edits", """[{"\ud83d":"x","new_string":"x"}]"""))
            .IsTold("a name in edits[0] holds half of a surrogate pair").After("echo x >file");
        yield return OpenAI("half-patch", "apply_patch", ("input", $"*** Begin Patch\n*** Add File: {{here}}/file\n+hello{HalfOfAPair}\n*** End Patch"))
            .Recovers("half of a surrogate pair", goal: "grep -q hello file");
        yield return OpenAI("type-tty-word", "exec_command", ("cmd", "echo ran"), ("tty", "off")).Recovers("'tty' has to be a boolean", sees: "ran");
        yield return OpenAI("type-cmd-list", "exec_command", ("cmd", new[] { "bash", "-lc", "echo ran" }))
            .Recovers("'cmd' has to be a string", sees: "exit code 0");
        yield return OpenAI("type-yield-word", "exec_command", ("cmd", "echo ran"), ("yield_time_ms", "1s"))
            .Recovers("'yield_time_ms' has to be an integer", sees: "ran");
        yield return LangChain("type-limit-word", "read_file", ("file_path", "{here}/file"), ("limit", "all"))
            .Recovers("'limit' has to be an integer", sees: "hello").After("echo hello >file");
        yield return LangChain("type-count-list", "grep", ("pattern", "hello"), ("path", "{here}"), ("max_count", new[] { 5 }))
            .Recovers("'max_count' has to be an integer", sees: "file").After("echo hello >file");
    }
}
