using static ModalAI.Tests.Tools.Failures.FailureCase;

namespace ModalAI.Tests.Tools.Failures;

/// <summary>What goes wrong where files are changed.</summary>
internal static class ChangeFailures
{
    private const string Begin = "*** Begin Patch\n";
    private const string End = "*** End Patch\n";

    public static IEnumerable<FailureCase> All => [.. Writes(), .. Edits(), .. Deletions(), .. Grammar(), .. Patches()];

    private static IEnumerable<FailureCase> Writes()
    {
        yield return Claude("write-directory", "write", ("file_path", "{here}/sub"), ("content", "x"))
            .Recovers("is a directory", sees: "inside").After("mkdir sub; touch sub/inside");
        yield return Claude("write-slash", "write", ("file_path", "{here}/new/"), ("content", "x"))
            .Recovers("leave the slash at its end out", goal: "[ -f new ]");
        yield return Claude("write-fifo", "write", ("file_path", "{here}/pipe"), ("content", "x"))
            .Recovers("is a device, pipe or socket", sees: "prw").After("mkfifo pipe");
        yield return Claude("write-device", "write", ("file_path", "/dev/full"), ("content", "x")).Recovers("is a device, pipe or socket", sees: "crw");
        yield return Claude("write-below-file", "write", ("file_path", "{here}/file/new"), ("content", "x"))
            .Recovers("Nothing was changed", sees: "file", goal: "[ -f file ]").After("touch file");
        yield return Claude("write-kernel", "write", ("file_path", "/proc/modalai/new"), ("content", "x")).Recovers("Nothing was changed", sees: "/proc");
        yield return Claude("write-long-name", "write", ("file_path", "{here}/" + new string('n', 256)), ("content", "x"))
            .Recovers("Nothing was changed", goal: """[ -z "$(ls -A)" ]""");
        yield return Claude("write-long-path", "write", ("file_path", "{here}/" + new string('n', 4096)), ("content", "x")).IsTold("at most 4095 are taken");
        yield return Claude("write-nul", "write", ("file_path", "{here}/fi\0le"), ("content", "x")).Recovers("holds a NUL character", goal: "[ -f file ]");
        yield return Claude("write-no-name", "write", ("file_path", ""), ("content", "x")).IsTold("file_path is empty");
        yield return Claude("write-large", "write", ("file_path", "{here}/file"), ("content", new string('x', 2000)))
            .Recovers("Use bash to write it in parts", goal: "[ $(wc -c <file) -ge 2000 ]")
            .With(static options => options.MaxWriteBytes = 1000);
        yield return Claude("write-denied", "write", ("file_path", "{here}/file"), ("content", "x")).Recovers("has no permission", sees: "file")
            .After("""[ "$(id -u)" != 0 ] && touch file && chmod 444 file""");
        yield return Claude("write-full", "write", ("file_path", "{here}/small/file"), ("content", new string('x', 200_000)))
            .Recovers("No space left on device. Nothing was changed", sees: "small")
            .After("mkdir small && mount -t tmpfs -o size=64k none small");
        yield return Claude("write-stale", "write", ("file_path", "{here}/file"), ("content", "new"))
            .Recovers("was changed by something else", goal: "grep -q new file")
            .After("echo old >file").WithStale("read", "echo other >{here}/file");
        yield return LangChain("lc-write-directory", "write_file", ("file_path", "{here}/sub"), ("content", "x"))
            .Recovers("Use ls for directories", sees: "inside").After("mkdir sub; touch sub/inside");
        yield return LangChain("lc-write-loop", "write_file", ("file_path", "{here}/link"), ("content", "x"))
            .Recovers("Nothing was changed", sees: "link").After("ln -s link link");
    }

    private static IEnumerable<FailureCase> Edits()
    {
        FailureCase Edit(string id, string file, string old, string text = "new", params (string Name, object? Value)[] more) =>
            Claude(id, "edit", [("file_path", file), ("old_string", old), ("new_string", text), .. more]);

        yield return Edit("edit-missing", "{here}/mian.py", "a").Recovers("Similar:", goal: "grep -q new main.py").After("echo a >main.py");
        yield return Edit("edit-elsewhere", "{here}/elsewhere-3.py", "a")
            .Recovers("Use glob", sees: "sub/elsewhere-3.py").After("mkdir sub; echo a >sub/elsewhere-3.py");
        yield return Edit("edit-directory", "{here}/sub", "a").Recovers("is a directory", sees: "inside").After("mkdir sub; touch sub/inside");
        yield return Edit("edit-dangling", "{here}/link", "a")
            .Recovers("which does not exist", sees: "gone-4").After("mkdir old; touch old/gone-4; ln -s gone-4 link");
        yield return Edit("edit-fifo", "{here}/pipe", "a").Recovers("is a device, pipe or socket", sees: "prw").After("mkfifo pipe");
        yield return Edit("edit-empty", "{here}/file", "a").Recovers("it is empty. Use write", goal: "grep -q new file").After("touch file");
        yield return Edit("edit-near", "{here}/file", "return total;")
            .Recovers("Closest: line 2", goal: "grep -q new file").After("printf 'start\\n  return totals;\\nend\\n' >file");
        yield return Edit("edit-blanks", "{here}/file", "if x :").Recovers("Closest:", goal: "grep -q new file").After("printf 'if x:\\n    y\\n' >file");
        yield return Edit("edit-near-lines", "{here}/file", "first line\nsecond lin\nthird line")
            .Recovers("differs first", goal: "grep -q new file && ! grep -q second file")
            .After("printf 'first line\\nsecond line\\nthird line\\nrest\\n' >file");
        yield return Edit("edit-indent", "{here}/file", "def f():\n  return 1")
            .Recovers("Closest:", goal: "grep -q new file").After("printf 'def f():\\n    return 1\\n' >file");
        yield return Edit("edit-numbered", "{here}/file", "     2\tmiddle")
            .Recovers("begins its lines with the line numbers", goal: "grep -q new file").After("printf 'start\\nmiddle\\nend\\n' >file");
        yield return Edit("edit-unlike", "{here}/file", "zzzz qqqq").Recovers("Use grep or read on it", sees: "alpha").After("echo alpha >file");
        yield return Edit("edit-ambiguous", "{here}/file", "x")
            .Recovers("or set replace_all", goal: "[ $(grep -c new file) = 3 ]").After("printf 'x\\nx\\nx\\n' >file");
        yield return Edit("edit-no-old", "{here}/file", "", "made").Recovers("use write to make a file", goal: "grep -q made file");
        yield return Edit("edit-same", "{here}/file", "x", "x").IsTold("are the same, so nothing would change").After("echo x >file");
        yield return Edit("edit-slash", "{here}/file/", "x").Recovers("leave the slash at its end out", goal: "grep -q new file").After("echo x >file");
        yield return Edit("edit-large", "{here}/file", "x")
            .Recovers("Use bash with sed", goal: "grep -q new file").After("echo x >file; head -c 6000000 /dev/zero | tr '\\000' 'y' >>file");
        yield return Edit("edit-stale", "{here}/file", "old")
            .Recovers("was changed by something else", goal: "grep -q new file && grep -q more file")
            .After("echo old >file").WithStale("read", "echo more >>{here}/file");
        yield return Edit("edit-denied", "{here}/file", "x")
            .Recovers("has no permission", sees: "file").After("""[ "$(id -u)" != 0 ] && echo x >file && chmod 444 file""");
        yield return Claude("edits-none", "multi_edit", ("file_path", "{here}/file"), ("edits", Array.Empty<object>()))
            .IsTold("no edit was given").After("echo x >file");
        yield return Claude("edits-second", "multi_edit", ("file_path", "{here}/file"), ("edits", new[] { Pair("one", "1"), Pair("thre", "3") }))
            .IsTold("for at edit 2 of 2")
            .After("printf 'one\\ntwo\\n' >file");
        yield return Claude("edits-number", "multi_edit", ("file_path", "{here}/file"), ("edits", 5)).IsTold("has to be an array");
        yield return Claude("edits-text", "multi_edit", ("file_path", "{here}/file"), ("edits", """[{"old_string":"one","new_string":"1"}]"""))
            .GoesUnnoticed("edited").After("echo one >file");
        yield return Claude("edits-single", "multi_edit", ("file_path", "{here}/file"), ("edits", Pair("one", "1")))
            .Recovers("has to be an array", goal: "grep -q 1 file").After("echo one >file");
        yield return Claude("edits-field", "multi_edit", ("file_path", "{here}/file"), ("edits", new[] { new Dictionary<string, object?> { ["old"] = "one", ["new"] = "1" } }))
            .Recovers("edits[0] has no 'old'", goal: "grep -q 1 file").After("echo one >file");
        yield return LangChain("lc-edit-near", "edit_file", ("file_path", "{here}/file"), ("old_string", "colour: red"), ("new_string", "new"))
            .Recovers("Closest:", goal: "grep -q new file").After("echo 'color: red' >file");
        yield return LangChain("lc-edit-ambiguous", "edit_file", ("file_path", "{here}/file"), ("old_string", "x"), ("new_string", "new"))
            .Recovers("set replace_all", goal: "[ $(grep -c new file) = 2 ]").After("printf 'x\\nx\\n' >file");
        yield return LangChain("lc-edit-missing", "edit_file", ("file_path", "{here}/filee"), ("old_string", "x"), ("new_string", "new"))
            .Recovers("Similar:", goal: "grep -q new file").After("echo x >file");
        yield return LangChain("lc-edit-empty", "edit_file", ("file_path", "{here}/file"), ("old_string", "x"), ("new_string", "new"))
            .Recovers("Use write_file to give it content", goal: "grep -q new file").After("touch file");
    }

    private static IEnumerable<FailureCase> Deletions()
    {
        yield return LangChain("lc-delete-missing", "delete", ("file_path", "{here}/tmep.txt"))
            .Recovers("Similar:", goal: "[ ! -e temp.txt ]").After("touch temp.txt");
        yield return LangChain("lc-delete-elsewhere", "delete", ("file_path", "{here}/elsewhere-4"))
            .Recovers("Use glob", sees: "elsewhere-4").After("mkdir sub; touch sub/elsewhere-4");
        yield return LangChain("lc-delete-root", "delete", ("file_path", "/")).IsTold("the root directory is not deleted");
        yield return LangChain("lc-delete-here", "delete", ("file_path", ".")).IsTold("it is the working directory, or one around it");
        yield return LangChain("lc-delete-around", "delete", ("file_path", "/work")).IsTold("it is the working directory, or one around it");
        yield return LangChain("lc-delete-empty", "delete", ("file_path", "")).IsTold("file_path is empty");
        yield return LangChain("lc-delete-nul", "delete", ("file_path", "{here}/fi\0le"))
            .Recovers("holds a NUL character", goal: "[ ! -e file ]").After("touch file");
    }

    private static IEnumerable<FailureCase> Grammar()
    {
        FailureCase Patch(string id, string patch) => OpenAI(id, "apply_patch", ("input", patch));

        yield return Patch("patch-empty", "").IsTold("'*** Begin Patch' should follow");
        yield return Patch("patch-no-begin", "*** Add File: {here}/file\n+x\n" + End).Recovers("line 1 should be '*** Begin Patch'", goal: "[ -f file ]");
        yield return Patch("patch-no-end", Begin + "*** Add File: {here}/file\n+x\n").Recovers("it ends after line 3", goal: "[ -f file ]");
        yield return Patch("patch-rest", Begin + "*** Add File: {here}/file\n+x\n" + End + "Done!\n")
            .Recovers("nothing after '*** End Patch'", goal: "[ -f file ]");
        yield return Patch("patch-nothing", Begin + End).IsTold("it changes nothing");
        yield return Patch("patch-no-plus", Begin + "*** Add File: {here}/file\n+one\ntwo\n" + End)
            .Recovers("with '+' in front of it", goal: "grep -q two file");
        yield return Patch("patch-no-mark", Begin + "*** Update File: {here}/file\n@@\none\n-two\n+2\n" + End)
            .Recovers("with ' ', '-' or '+' in front of it", goal: "grep -q 2 file").After("printf 'one\\ntwo\\n' >file");
        yield return Patch("patch-no-change", Begin + "*** Update File: {here}/file\n@@\n one\n" + End)
            .IsTold("it has no line that begins with '-' or '+'").After("echo one >file");
        yield return Patch("patch-no-chunk", Begin + "*** Update File: {here}/file\n" + End).IsTold("should be '@@'").After("echo one >file");
        yield return Patch("patch-no-path", Begin + "*** Delete File:\n" + End).IsTold("line 2 should be '*** Delete File: PATH'");
        yield return Patch("patch-other-mark", Begin + "*** Rename File: {here}/file\n" + End)
            .IsTold("line 2 should be '*** Add File: PATH'").After("echo one >file");
        yield return Patch("patch-unified", "--- a/file\n+++ b/file\n@@ -1 +1 @@\n-one\n+1\n")
            .IsTold("line 1 should be '*** Begin Patch'").After("echo one >file");
        yield return Patch("patch-directory-name", Begin + "*** Add File: {here}/sub/\n+x\n" + End).IsTold("names a directory");
        yield return Patch("patch-long-path", Begin + "*** Add File: {here}/" + new string('n', 4096) + "\n+x\n" + End).IsTold("which is too long");
        yield return Patch("patch-many-files", Begin + string.Concat(Enumerable.Range(0, 101).Select(static number => $"*** Add File: {{here}}/{number}\n+x\n")) + End)
            .IsTold("it names 101 files; at most 100 are taken");
        yield return Patch("patch-large", Begin + "*** Add File: {here}/file\n" + string.Concat(Enumerable.Repeat("+" + new string('x', 99_999) + "\n", 53)) + End)
            .IsTold("Send it in parts");
    }

    private static IEnumerable<FailureCase> Patches()
    {
        FailureCase Patch(string id, string steps) => OpenAI(id, "apply_patch", ("input", Begin + steps + End));

        yield return Patch("patch-missing", "*** Update File: {here}/mian.c\n@@\n-a\n+b\n")
            .Recovers("Similar:", goal: "grep -q b main.c").After("echo a >main.c");
        yield return Patch("patch-elsewhere", "*** Update File: {here}/elsewhere-5.c\n@@\n-a\n+b\n")
            .Recovers("Use exec_command (find) to look for it", sees: "sub/elsewhere-5.c").After("mkdir sub; touch sub/elsewhere-5.c");
        yield return Patch("patch-delete-missing", "*** Delete File: {here}/od.txt\n").Recovers("Similar:", goal: "[ ! -e old.txt ]").After("touch old.txt");
        yield return Patch("patch-directory", "*** Update File: {here}/sub\n@@\n-a\n+b\n")
            .Recovers("Use exec_command (ls) for directories", sees: "inside").After("mkdir sub; touch sub/inside");
        yield return Patch("patch-delete-directory", "*** Delete File: {here}/sub\n")
            .Recovers("is a directory", sees: "inside").After("mkdir sub; touch sub/inside");
        yield return Patch("patch-fifo", "*** Update File: {here}/pipe\n@@\n-a\n+b\n")
            .Recovers("is a device, pipe or socket", sees: "prw").After("mkfifo pipe");
        yield return Patch("patch-context", "*** Update File: {here}/file\n@@\n-valve = 1\n+value = 2\n")
            .Recovers("Closest: line 1", goal: "grep -q 'value = 2' file").After("printf 'value = 1\\nrest\\n' >file");
        yield return Patch("patch-anchor", "*** Update File: {here}/file\n@@ def mian():\n-    a\n+    b\n")
            .Recovers("which the patch gives behind @@", goal: "grep -q '    b' file").After("printf 'def main():\\n    a\\n' >file");
        yield return Patch("patch-unlike", "*** Update File: {here}/file\n@@\n-zzzz qqqq\n+b\n")
            .Recovers("is like it. Use exec_command", sees: "alpha").After("echo alpha >file");
        yield return Patch("patch-empty-file", "*** Update File: {here}/file\n@@\n-one\n+two\n")
            .Recovers("are not in it", sees: "exit code 0").After("touch file");
        yield return Patch("patch-deleted-twice", "*** Delete File: {here}/file\n*** Delete File: {here}/file\n")
            .IsTold("was deleted or moved by an earlier step").After("touch file");
        yield return Patch("patch-twin", "*** Delete File: {here}/file\n*** Update File: {here}/./file\n@@\n-a\n+b\n")
            .IsTold("are the same file").After("echo a >file");
        yield return Patch("patch-same", "*** Update File: {here}/file\n@@\n-a\n+a\n").IsTold("the files are so already").After("echo a >file");
        yield return Patch("patch-below-file", "*** Add File: {here}/file/new\n+x\n").Recovers("Nothing was changed", sees: "file").After("touch file");
        yield return Patch("patch-kernel", "*** Add File: /proc/modalai/new\n+x\n").Recovers("Nothing was changed", sees: "/proc");
    }

    private static Dictionary<string, object?> Pair(string old, string text) => new() { ["old_string"] = old, ["new_string"] = text };
}
