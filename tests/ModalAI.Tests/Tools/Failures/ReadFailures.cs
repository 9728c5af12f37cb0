using static ModalAI.Tests.Tools.Failures.FailureCase;

namespace ModalAI.Tests.Tools.Failures;

/// <summary>What goes wrong where files are only looked at.</summary>
internal static class ReadFailures
{
    private const string Png = @"printf '\211PNG\r\n\032\n\000\000\000\rIHDR' >picture";

    public static IEnumerable<FailureCase> All => [.. Reads(), .. Media(), .. Searches(), .. Listings()];

    private static IEnumerable<FailureCase> Reads()
    {
        yield return Claude("read-missing", "read", ("file_path", "{here}/app.py")).Recovers("does not exist", sees: "print").After("echo 'print()' >App.py");
        yield return Claude("read-typo", "read", ("file_path", "{here}/setings.toml")).Recovers("Similar:", sees: "debug").After("echo debug >settings.toml");
        yield return Claude("read-extension", "read", ("file_path", "{here}/notes.txt")).Recovers("Similar:", sees: "hello").After("echo hello >notes.md");
        yield return Claude("read-elsewhere", "read", ("file_path", "{here}/elsewhere-1.txt"))
            .Recovers("Nothing in its directory has a similar name", sees: "sub/elsewhere-1.txt")
            .After("mkdir sub; touch sub/elsewhere-1.txt");
        yield return Claude("read-orphan", "read", ("file_path", "{here}/no/such/orphan-1.txt"))
            .Recovers("its directory does not exist either", sees: "orphan-1.txt").After("touch orphan-1.txt");
        yield return Claude("read-below-file", "read", ("file_path", "{here}/file/below-1.txt"))
            .Recovers("or is a file", sees: "below-1.txt").After("touch file below-1.txt");
        yield return Claude("read-directory", "read", ("file_path", "{here}/sub"))
            .Recovers("is a directory; it holds inside", sees: "inside").After("mkdir sub; touch sub/inside");
        yield return Claude("read-empty-directory", "read", ("file_path", "{here}/sub"))
            .Recovers("is a directory without entries", sees: "exit code 0").After("mkdir sub");
        yield return Claude("read-dangling", "read", ("file_path", "{here}/link"))
            .Recovers("is a symbolic link to 'dangling-1.txt', which does not exist", sees: "old/dangling-1.txt")
            .After("mkdir old; touch old/dangling-1.txt; ln -s dangling-1.txt link");
        yield return Claude("read-loop", "read", ("file_path", "{here}/link")).IsTold("is a symbolic link to 'link'").After("ln -s link link");
        yield return Claude("read-fifo", "read", ("file_path", "{here}/pipe")).Recovers("is a device, pipe or socket", sees: "prw").After("mkfifo pipe");
        yield return Claude("read-device", "read", ("file_path", "/dev/zero")).Recovers("is a device, pipe or socket", sees: "crw");
        yield return Claude("read-denied", "read", ("file_path", "{here}/secret")).Recovers("has no permission for", sees: "secret")
            .After("""[ "$(id -u)" != 0 ] && touch secret && chmod 000 secret""");
        yield return Claude("read-endless", "read", ("file_path", "{here}/sub/"))
            .Recovers("names a directory", sees: "is a directory").After("mkdir sub; touch sub/inside");
        yield return Claude("read-slash", "read", ("file_path", "{here}/notes.txt/"))
            .Recovers("leave the slash at its end out", sees: "hello").After("echo hello >notes.txt");
        yield return Claude("read-nul", "read", ("file_path", "{here}/no\0tes.txt"))
            .Recovers("holds a NUL character", sees: "hello").After("echo hello >notes.txt");
        yield return Claude("read-no-name", "read", ("file_path", "")).IsTold("file_path is empty");
        yield return Claude("read-long-name", "read", ("file_path", "{here}/" + new string('n', 300))).Recovers("does not exist", sees: "no file matches");
        yield return Claude("read-long-path", "read", ("file_path", "{here}/" + new string('n', 5000))).IsTold("bytes; at most 4095 are taken");
        yield return Claude("read-beyond", "read", ("file_path", "{here}/lines"), ("offset", 9))
            .Recovers("which has 3 lines", sees: "three").After("printf 'one\\ntwo\\nthree\\n' >lines");
        yield return Claude("read-negative-offset", "read", ("file_path", "{here}/lines"), ("offset", -1))
            .Recovers("offset is -1", sees: "one").After("echo one >lines");
        yield return Claude("read-no-lines", "read", ("file_path", "{here}/lines"), ("limit", 0)).Recovers("limit is 0", sees: "one").After("echo one >lines");
        yield return Claude("read-part", "read", ("file_path", "{here}/lines"), ("limit", 2))
            .Recovers("for more: offset=3", sees: "end of file").After("seq 1 4 >lines");
        yield return Claude("read-binary", "read", ("file_path", "{here}/blob"))
            .Recovers("is a binary file of 4 bytes", sees: "exit code 0").After(@"printf 'a\000b\n' >blob");
        yield return Claude("read-picture", "read", ("file_path", "{here}/picture")).Recovers("(image/png)", sees: "exit code 0").After(Png);
        yield return Claude("read-archive", "read", ("file_path", "{here}/a.gz"))
            .Recovers("is a binary file", sees: "exit code 0").After("seq 1 100 | gzip >a.gz");
        yield return LangChain("lc-read-missing", "read_file", ("file_path", "{here}/READM.md"))
            .Recovers("Similar:", sees: "welcome").After("echo welcome >README.md");
        yield return LangChain("lc-read-beyond", "read_file", ("file_path", "{here}/lines"), ("offset", 50))
            .Recovers("Give a number from 0 to 2", sees: "three").After("printf 'one\\ntwo\\nthree\\n' >lines");
        yield return LangChain("lc-read-directory", "read_file", ("file_path", "{here}/sub"))
            .Recovers("Use ls for directories", sees: "inside").After("mkdir sub; touch sub/inside");
        yield return LangChain("lc-read-fifo", "read_file", ("file_path", "{here}/pipe")).Recovers("Use execute (ls -l)", sees: "prw").After("mkfifo pipe");
        yield return LangChain("lc-read-elsewhere", "read_file", ("file_path", "{here}/elsewhere-2.txt"))
            .Recovers("Use glob", sees: "elsewhere-2.txt").After("mkdir sub; touch sub/elsewhere-2.txt");
        yield return LangChain("lc-read-binary", "read_file", ("file_path", "{here}/blob"))
            .Recovers("Use execute to look into it (file, od -c, strings)", sees: "exit code 0").After(@"printf 'a\000b\n' >blob");
    }

    private static IEnumerable<FailureCase> Media()
    {
        Action<ModalSandboxToolOptions> inline = static options => (options.InlineMedia, options.MaxMediaBytes) = (true, 1000);
        yield return OpenAI("view-missing", "view_image", ("path", "{here}/pictre")).Recovers("Similar:", sees: "image/png").After(Png).With(inline);
        yield return OpenAI("view-directory", "view_image", ("path", "{here}/sub"))
            .Recovers("is a directory", sees: "inside").After("mkdir sub; touch sub/inside").With(inline);
        yield return OpenAI("view-empty", "view_image", ("path", "{here}/picture")).IsTold("is empty").After("touch picture").With(inline);
        yield return OpenAI("view-text", "view_image", ("path", "{here}/picture"))
            .Recovers("is no medium that is known by its first bytes", sees: "exit code 0").After("echo text >picture").With(inline);
        yield return OpenAI("view-pdf", "view_image", ("path", "{here}/paper"))
            .Recovers("is application/pdf; view_image takes PNG", sees: "exit code 0").After("printf '%%PDF-1.7\\n' >paper").With(inline);
        yield return OpenAI("view-large", "view_image", ("path", "{here}/picture"))
            .IsTold("view_image takes 1000").After(Png + "; head -c 2000 /dev/zero >>picture").With(inline);
        yield return OpenAI("view-device", "view_image", ("path", "/dev/null")).Recovers("is a device, pipe or socket", sees: "crw").With(inline);
        yield return OpenAI("view-dangling", "view_image", ("path", "{here}/link"))
            .Recovers("which does not exist", sees: "gone-2.png").After("mkdir old; touch old/gone-2.png; ln -s gone-2.png link").With(inline);
        yield return OpenAI("view-slash", "view_image", ("path", "{here}/picture/")).Recovers("names a directory", sees: "image/png").After(Png).With(inline);
        yield return Claude("publish-missing", "publish_file", ("path", "{here}/reprot.csv"))
            .Recovers("Similar:", sees: "published").After("echo 1 >report.csv").Publishing();
        yield return Claude("publish-directory", "publish_file", ("path", "{here}/sub"))
            .Recovers("is a directory", sees: "inside").After("mkdir sub; touch sub/inside").Publishing();
        yield return Claude("publish-fifo", "publish_file", ("path", "{here}/pipe"))
            .Recovers("is a device, pipe or socket", sees: "prw").After("mkfifo pipe").Publishing();
        yield return Claude("publish-large", "publish_file", ("path", "{here}/file"))
            .IsTold("publish_file takes 100. Pack it").After("seq 1 1000 >file").Publishing().With(static options => options.MaxPublishBytes = 100);
        yield return Claude("publish-slash", "publish_file", ("path", "{here}/file/"))
            .Recovers("names a directory", sees: "published").After("seq 1 3 >file").Publishing();
    }

    private static IEnumerable<FailureCase> Searches()
    {
        yield return Claude("glob-no-directory", "glob", ("pattern", "found-1.*"), ("path", "{here}/src"))
            .Recovers("does not exist", sees: "lib/found-1.py").After("mkdir lib; touch lib/found-1.py");
        yield return Claude("glob-file", "glob", ("pattern", "*"), ("path", "{here}/file"))
            .Recovers("is a file; glob takes a directory", sees: "content").After("echo content >file");
        yield return Claude("glob-nothing", "glob", ("pattern", "*.nothing"), ("path", "{here}")).IsTold("no file matches '*.nothing'");
        yield return Claude("glob-empty", "glob", ("pattern", "")).IsTold("pattern is empty");
        yield return Claude("glob-braces", "glob", ("pattern", "{a,b,c,d,e}{a,b,c,d,e}{a,b,c,d,e}")).IsTold("more than 64 alternatives");
        yield return Claude("glob-long", "glob", ("pattern", new string('a', 600))).IsTold("at most 512 are taken");
        yield return Claude("glob-nul", "glob", ("pattern", "f\0ile*"), ("path", "{here}")).Recovers("holds a NUL character", sees: "file").After("touch file");
        yield return Claude("grep-missing-path", "grep", ("pattern", "x"), ("path", "{here}/where-1"))
            .Recovers("to look for it, or leave the path out", sees: "sub/where-1").After("mkdir sub; touch sub/where-1");
        yield return Claude("grep-fifo", "grep", ("pattern", "x"), ("path", "{here}/pipe"))
            .Recovers("is a device, pipe or socket", sees: "prw").After("mkfifo pipe");
        yield return Claude("grep-pattern", "grep", ("pattern", "main("), ("path", "{here}"))
            .Recovers("The pattern is a regular expression", sees: "file").After("echo 'main()' >file");
        yield return Claude("grep-bracket", "grep", ("pattern", "a[0"), ("path", "{here}"))
            .Recovers("put a backslash before", sees: "file").After("echo 'a[0]' >file");
        yield return Claude("grep-star", "grep", ("pattern", "x{2,1}"), ("path", "{here}"))
            .Recovers("put a backslash before", sees: "file").After("echo 'x{2,1}' >file");
        yield return Claude("grep-empty", "grep", ("pattern", "")).IsTold("pattern is empty");
        yield return Claude("grep-lines", "grep", ("pattern", "one\ntwo"), ("path", "{here}"))
            .Recovers("Search for one of them", sees: "file").After("printf 'one\\ntwo\\n' >file");
        yield return Claude("grep-context", "grep", ("pattern", "x"), ("path", "{here}"), ("context", 99), ("output_mode", "content"))
            .Recovers("0 to 20 can be", sees: "x marks").After("echo 'x marks' >file");
        yield return Claude("grep-negative-context", "grep", ("pattern", "x"), ("path", "{here}"), ("context", -1), ("output_mode", "content"))
            .Recovers("0 to 20 can be", sees: "x marks").After("echo 'x marks' >file");
        yield return Claude("grep-no-results", "grep", ("pattern", "x"), ("path", "{here}"), ("limit", 0))
            .Recovers("0 results were asked for; 1 to 1000 can be", sees: "file").After("echo x >file");
        yield return Claude("grep-many-results", "grep", ("pattern", "x"), ("path", "{here}"), ("limit", 100_000))
            .Recovers("1 to 1000 can be", sees: "file").After("echo x >file");
        yield return Claude("grep-mode", "grep", ("pattern", "x"), ("path", "{here}"), ("output_mode", "lines"))
            .Recovers("it can be files_with_matches, content or count", sees: "file").After("echo x >file");
        yield return Claude("grep-nothing", "grep", ("pattern", "nothing"), ("path", "{here}")).IsTold("no match for 'nothing'");
        yield return LangChain("lc-grep-mode", "grep", ("pattern", "x"), ("path", "{here}"), ("output_mode", "counts"))
            .Recovers("it can be", sees: ":1").After("echo x >file");
        yield return LangChain("lc-grep-missing", "grep", ("pattern", "x"), ("path", "{here}/where-2"))
            .Recovers("does not exist", sees: "where-2").After("mkdir sub; touch sub/where-2");
        yield return LangChain("lc-grep-count", "grep", ("pattern", "x"), ("path", "{here}"), ("max_count", -5))
            .Recovers("1 to 1000 can be", sees: "file").After("echo x >file");
        yield return LangChain("lc-glob-no-directory", "glob", ("pattern", "found-2.*"), ("path", "{here}/src"))
            .Recovers("does not exist", sees: "lib/found-2.py").After("mkdir lib; touch lib/found-2.py");
    }

    private static IEnumerable<FailureCase> Listings()
    {
        yield return LangChain("lc-ls-missing", "ls", ("path", "{here}/scr")).Recovers("Similar:", sees: "main.c").After("mkdir src; touch src/main.c");
        yield return LangChain("lc-ls-file", "ls", ("path", "{here}/file"))
            .Recovers("is a file, not a directory. Use read_file for files", sees: "content").After("echo content >file");
        yield return LangChain("lc-ls-fifo", "ls", ("path", "{here}/pipe")).Recovers("is a device, pipe or socket", sees: "prw").After("mkfifo pipe");
        yield return LangChain("lc-ls-dangling", "ls", ("path", "{here}/link"))
            .Recovers("which does not exist", sees: "gone-3").After("mkdir old; touch old/gone-3; ln -s gone-3 link");
        yield return LangChain("lc-ls-orphan", "ls", ("path", "{here}/a/b/orphan-3"))
            .Recovers("its directory does not exist either", sees: "orphan-3").After("touch orphan-3");
        yield return LangChain("lc-ls-nul", "ls", ("path", "{here}/s\0ub"))
            .Recovers("holds a NUL character", sees: "inside").After("mkdir sub; touch sub/inside");
    }
}
