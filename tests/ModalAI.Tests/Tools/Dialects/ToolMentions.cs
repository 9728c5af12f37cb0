using System.Text.RegularExpressions;

namespace ModalAI.Tests.Tools.Dialects;

/// <summary>Checks what functions and arguments a text for a model speaks of.</summary>
internal static partial class ToolMentions
{
    private static readonly string[] Known =
    [
        "multi_edit", "bash_output", "bash_input", "kill_bash", "timeout_seconds", "run_in_background", "wait_seconds", "old_string", "new_string",
        "replace_all", "offset",
        "exec_command", "write_stdin", "apply_patch", "view_image", "yield_time_ms", "session_id", "tty",
        "run_shell", "execute_code", "file_access_read", "file_access_read_lines", "file_access_write", "file_access_delete", "file_access_ls", "file_access_grep",
        "file_access_replace", "file_access_replace_lines", "startLine", "oldString", "newString", "replaceAll",
        "read_file", "write_file", "edit_file", "file_path",
    ];

    /// <summary>Fails where a text points to what a set of functions does not have.</summary>
    /// <param name="text">The text.</param>
    /// <param name="allowed">Names of the functions and arguments that it may speak of.</param>
    public static void AssertOnly(string text, IReadOnlyCollection<string> allowed)
    {
        var named = Words().Matches(text).Select(static match => match.Value).Where(Known.Contains);
        var pointed = Pointers().Matches(text).Select(static match => match.Groups["name"].Value);
        var wrong = named.Concat(pointed).Except(allowed).ToList();
        Assert.True(wrong.Count == 0, $"'{string.Join(", ", wrong)}' in: {text}");
    }

    [GeneratedRegex(@"\w+")]
    private static partial Regex Words();

    /// <summary>Names that are words too are only taken for names where a text says to use them.</summary>
    [GeneratedRegex(@"\b(?:[Uu]se (?<name>bash|read|write|edit|glob|grep|ls|delete|execute)|or (?<name>bash|read))\b")]
    private static partial Regex Pointers();
}
