using ModalAI.TestSupport;
using ModalAI.Tools;

namespace ModalAI.Tests.Tools;

public abstract partial class FileEngineTests
{
    [SkippableFact]
    public async Task Grep_EachMode_GivesItsHits()
    {
        await ShellAsync("mkdir -p src/[a] .git; printf 'one\\nTwo 22\\n' >src/a.py; printf 'two 2\\nx\\ntwo\\n' >'src/[a]/b:7:c.txt'; echo two >.git/config; printf 'two\\0' >binary");

        Assert.Equal(["src/[a]/b:7:c.txt"], Paths(await GrepAsync(new GrepQuery("two"))));
        Assert.Equal(["src/[a]/b:7:c.txt", "src/a.py"], Paths(await GrepAsync(new GrepQuery("two") { IgnoreCase = true })).Order(StringComparer.Ordinal));
        Assert.Equal(["src/[a]/b:7:c.txt"], Paths(await GrepAsync(new GrepQuery("two") { Glob = "[a]/*.txt" })));
        Assert.Equal(["src/a.py"], Paths(await GrepAsync(new GrepQuery("two") { IgnoreCase = true, Glob = "*.{py,js}" })));
        Assert.Equal([".git/config"], Paths(await GrepAsync(new GrepQuery("two") { Path = ".git" })));
        Assert.Equal(2, Assert.Single(await GrepAsync(new GrepQuery("two") { Mode = GrepMode.Count })).Line);
        Assert.Equal([(2L, "x", false), (3L, "two", true)], (await GrepAsync(new GrepQuery("^two$") { Mode = GrepMode.Content, LinesBefore = 1 })).Select(Place));
        Assert.Empty(await GrepAsync(new GrepQuery("three") { Mode = GrepMode.Content }));
    }

    [SkippableFact]
    public async Task Grep_NameOfColonsAndLineEnds_IsToldFromItsText()
    {
        await ShellAsync("printf 'a:1:b\\nc\\n' >'x:5:y'; printf 'a\\n' >'l\nm'");

        var hits = await GrepAsync(new GrepQuery("a") { Mode = GrepMode.Content });

        Assert.Equal([new GrepHit("l\nm", 1, "a"), new GrepHit("x:5:y", 1, "a:1:b")], hits.OrderBy(static hit => hit.Path, StringComparer.Ordinal));
        Assert.Equal(["l\nm", "x:5:y"], Paths(await GrepAsync(new GrepQuery("a"))).Order(StringComparer.Ordinal));
    }

    [SkippableFact]
    public async Task Grep_LiteralPattern_HasNoSpecialCharacters()
    {
        await ShellAsync("printf 'f(x)[0].*\\nfx0\\n' >file");

        var hits = await GrepAsync(new GrepQuery("(x)[0].*") { Mode = GrepMode.Content, IsLiteral = true });

        Assert.Equal([(1L, "f(x)[0].*", true)], hits.Select(Place));
    }

    [SkippableFact]
    public async Task Grep_ContextOfSeveralMatches_ShowsTheGap()
    {
        await ShellAsync("seq 1 30 >file");

        var reply = await SucceedAsync<GrepReply>(files => SearchAsync(files, new GrepQuery("^(5|20)$") { Mode = GrepMode.Content, LinesBefore = 1, LinesAfter = 1 }));

        Assert.Equal("file-4-4\nfile:5:5\nfile-6-6\n--\nfile-19-19\nfile:20:20\nfile-21-21", reply.Text);
    }

    [SkippableFact]
    public async Task Grep_MoreThanAskedFor_SaysSo()
    {
        await ShellAsync("seq 1 5000 >file");

        var reply = await SucceedAsync<GrepReply>(files => SearchAsync(files, new GrepQuery("1") { Mode = GrepMode.Content, MaxResults = 3 }));

        Assert.Equal("file:1:1\nfile:10:10\nfile:11:11\n(only the first 3 matching lines are shown, there are more; narrow the pattern, path or glob)", reply.Text);
        Assert.True(reply.HasMore);
    }

    [SkippableFact]
    public async Task Grep_LongLine_IsCut()
    {
        await ShellAsync("head -c 3000000 /dev/zero | tr '\\000' x >file");

        var reply = await SucceedAsync<GrepReply>(files => SearchAsync(files, new GrepQuery("x") { Mode = GrepMode.Content }));

        Assert.Equal($"file:1:{new string('x', 500)}… [line cut at 500 characters]", reply.Text);
    }

    /// <summary>A test for where another grep can stand in for the real one.</summary>
    protected async Task GrepSomeThatCanNotBeReadAsync()
    {
        // Root may read everything, so a grep that finds and fails stands in for the one that can't.
        await ShellAsync("mkdir a; echo hit >a/file");
        await ShellAsync(
            "real=$(command -v grep); mkdir -p /usr/local/bin; "
            + "printf '#!/bin/sh\\n%s \"$@\" || exit\\ncase $1 in -HI) echo \"grep: x: Input/output error\" >&2; exit 2 ;; esac\\n' \"$real\" >/usr/local/bin/grep; "
            + "chmod +x /usr/local/bin/grep");
        Assert.Equal("/usr/local/bin/grep", (await ShellAsync("command -v grep")).Trim());
        Skip.IfNot((await ShellAsync("command -v rg || true")).Length == 0, "ripgrep is searched with where it is installed.");

        var reply = await SucceedAsync<GrepReply>(files => SearchAsync(files, new GrepQuery("hit") { Path = "a" }));

        Assert.Equal("a/file\n(not all could be searched: grep: x: Input/output error)", reply.Text);
    }

    [SkippableTheory]
    [InlineData("(")]
    [InlineData("[a")]
    public async Task Grep_InvalidPattern_IsSaid(string pattern)
    {
        await ShellAsync("echo x >file");

        Assert.StartsWith("Error: grep failed: ", await FailAsync(ToolFailure.InvalidArgument, files => SearchAsync(files, new GrepQuery(pattern))), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Grep_PatternOfNames_DoesNotReachIntoDirectories()
    {
        await ShellAsync(
            "mkdir -p src/test_x src/deep lib/src; for f in src/a.ts src/test_x/b.ts src/deep/c.ts lib/src/d.ts; do printf 'x\\nhit\\n' >$f; done; "
            + "seq 1 900 | sed 's/$/ hit/' >>src/deep/c.ts");

        Assert.Equal(["lib/src/d.ts", "src/a.ts"], Paths(await GrepAsync(new GrepQuery("hit") { Glob = "src/*.ts", Mode = GrepMode.Count })).Order(StringComparer.Ordinal));
        Assert.Equal(["src/deep/c.ts"], Paths(await GrepAsync(new GrepQuery("hit") { Glob = "src/**/c.ts" })));
        Assert.Equal(4, (await GrepAsync(new GrepQuery("hit") { Glob = "./*.ts" })).Count);
        Assert.Empty(await GrepAsync(new GrepQuery("hit") { Glob = "test_*.ts" }));

        // The many lines of the file that does not match leave room for those of the others.
        var reply = await SucceedAsync<GrepReply>(files => SearchAsync(files, new GrepQuery("hit") { Glob = "src/*.ts", Mode = GrepMode.Content, MaxResults = 100, LinesBefore = 1 }));
        Assert.Equal(["lib/src/d.ts", "lib/src/d.ts", "src/a.ts", "src/a.ts"], Paths(reply.Hits).Where(static path => path.Length > 0).Order(StringComparer.Ordinal));
        Assert.False(reply.HasMore);
    }

    /// <summary>A test for where another grep can stand in for the real one.</summary>
    protected async Task GrepWrongPatternAsync(bool isLiteral, bool isSaid)
    {
        await ShellAsync("echo x >file; mkdir -p /usr/local/bin; printf '#!/bin/sh\\n[ \"$2\" != . ] || exit 1\\necho long \"$(seq 1 500)\" >&2; exit 2\\n' >/usr/local/bin/grep; chmod +x /usr/local/bin/grep");
        Skip.IfNot((await ShellAsync("command -v rg || true")).Length == 0, "ripgrep is searched with where it is installed.");

        var text = await FailAsync(ToolFailure.InvalidArgument, files => SearchAsync(files, new GrepQuery("(") { IsLiteral = isLiteral }));

        Assert.Equal(isSaid, text.EndsWith("put a backslash before characters that are meant literally.", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task Glob_NewestFirst_NamesOfAllKinds()
    {
        await ShellAsync("mkdir -p a/b; touch -t 202001010000 'a/b/old\n1.txt'; touch -t 202201010000 a/new.txt; touch -t 202101010000 'a/b/-mid .txt'; ln -s gone a/link.txt");
        Assert.True(GlobPattern.TryParse("**/*.txt", out var glob, out _));

        var reply = await SucceedAsync<GlobReply>(files => GlobTool.RunAsync(files, "**/*.txt", null, glob, TestTimeout.Token));

        Assert.Equal(["a/link.txt", "a/new.txt", "a/b/-mid .txt", "a/b/old\n1.txt"], reply.Paths);
        Assert.EndsWith("\n$'a/b/old\\n1.txt'", reply.Text, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task List_Directory_TellsKindsAndSizes()
    {
        await ShellAsync("mkdir dir; echo text >file; echo x >.hidden; ln -s dir to-dir; ln -s file to-file; touch -d @86400 file");

        var reply = await SucceedAsync<ListReply>(files => ListTool.RunAsync(files, "", TestTimeout.Token));

        Assert.Equal(".hidden (2 bytes)\ndir/\nfile (5 bytes)\nto-dir/ (symbolic link)\nto-file (5 bytes, symbolic link)", reply.Text);
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(86400), reply.Entries[2].Time);
    }

    [SkippableFact]
    public async Task List_WhatIsHardToList_IsListed()
    {
        await ShellAsync("mkdir dir empty; cd dir; ln -s gone dangling; ln -s loop loop; mkfifo pipe; echo x >file; printf x >\"$(printf 'inval\\377id')\"");

        var reply = await SucceedAsync<ListReply>(files => ListTool.RunAsync(files, "dir", TestTimeout.Token));
        var empty = await SucceedAsync<ListReply>(files => ListTool.RunAsync(files, "empty", TestTimeout.Token));
        var file = await FailAsync(ToolFailure.NotADirectory, files => ListTool.RunAsync(files, "dir/file", TestTimeout.Token));
        var missing = await FailAsync(ToolFailure.NotFound, files => ListTool.RunAsync(files, "dirr", TestTimeout.Token));

        Assert.Equal(["dangling", "file", "inval\uFFFDid", "loop", "pipe"], reply.Entries.Select(static entry => entry.Name).Order(StringComparer.Ordinal));
        Assert.Contains("dangling (symbolic link to what does not exist)", reply.Text, StringComparison.Ordinal);
        Assert.Equal("(the directory 'empty' is empty)", empty.Text);
        Assert.Contains("is a file, not a directory", file, StringComparison.Ordinal);
        Assert.Contains("Similar: 'dir'", missing, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task List_ManyEntries_GivesTheFirst()
    {
        await ShellAsync("mkdir many; cd many; seq -f 'f%05g' 1 3000 2>/dev/null | xargs touch || { i=0; while [ $i -lt 3000 ]; do : >f$i; i=$((i+1)); done; }");

        var reply = await SucceedAsync<ListReply>(files => ListTool.RunAsync(files, "many", TestTimeout.Token));

        Assert.EndsWith("of 3000 entries; use glob with a pattern for others)", reply.Text, StringComparison.Ordinal);
        Assert.Equal((1000, 3000), (reply.Entries.Count, reply.Total));
    }

    [SkippableFact]
    public async Task Delete_FilesLinksAndDirectories_GoAsAskedFor()
    {
        await ShellAsync("mkdir -p dir/sub empty; echo x >dir/file; ln -s dir link; ln -s gone dangling");

        await SucceedAsync<ToolReply>(files => DeleteAsync(files, "link/"));
        await SucceedAsync<ToolReply>(files => DeleteAsync(files, "dangling"));
        await SucceedAsync<ToolReply>(files => DeleteAsync(files, "empty"));
        var filled = await FailAsync(ToolFailure.IsDirectory, files => DeleteAsync(files, "dir"));
        Assert.Equal("dir file sub\n", await ShellAsync("echo $(ls -A; ls -A dir)"));
        var all = await SucceedAsync<ToolReply>(files => DeleteAsync(files, "dir", recursive: true));
        await FailAsync(ToolFailure.NotFound, files => DeleteAsync(files, "dir"));

        Assert.Contains("is a directory that is not empty; it holds file, sub", filled, StringComparison.Ordinal);
        Assert.Equal("deleted directory 'dir'", all.Text);
        Assert.Empty(await ShellAsync("ls -A"));
    }

    /// <summary>A test for where another rm can stand in for the real one.</summary>
    protected async Task DeleteThatCanNotBeDoneAsync()
    {
        await ShellAsync("mkdir -p /usr/local/bin dir/sub empty; printf '#!/bin/sh\\necho busy >&2; exit 1\\n' >/usr/local/bin/rm; cp /usr/local/bin/rm /usr/local/bin/rmdir; chmod +x /usr/local/bin/rm*");

        var all = await FailAsync(ToolFailure.Failed, files => DeleteAsync(files, "dir", recursive: true));
        var empty = await FailAsync(ToolFailure.Failed, files => DeleteAsync(files, "empty"));

        Assert.EndsWith("failed at 'dir': busy. A part of it may be gone; look at what is left with bash (ls).", all, StringComparison.Ordinal);
        Assert.EndsWith("failed at 'empty': busy. It is still there, unless something else has removed it.", empty, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData(".")]
    [InlineData("./.")]
    [InlineData("..")]
    [InlineData("/work")]
    [InlineData("/work/")]
    [InlineData("/work/../work")]
    [InlineData("sub/..")]
    [InlineData("around")]
    public async Task Delete_WorkingDirectoryAndWhatIsAroundIt_AreKept(string path)
    {
        await ShellAsync("mkdir sub; ln -s / root; ln -s /work around; ls");

        // A link is only a link: it goes, and what it leads to stays.
        var reply = await OnceAsync(files => DeleteAsync(files, path, recursive: true));

        Assert.Equal(path == "around" ? null : ToolFailure.InvalidArgument, reply.Failure);
        Assert.Contains("sub", await ShellAsync("ls /work"), StringComparison.Ordinal);
    }

    private static Task<ToolReply> DeleteAsync(FileToolContext files, string path, bool recursive = false) =>
        DeleteTool.RunAsync(files, path, recursive, TestTimeout.Token);

    private static Task<ToolReply> SearchAsync(FileToolContext files, GrepQuery query)
    {
        Assert.True(GlobPattern.TryParse(query.Glob ?? "*", out var glob, out _));
        return GrepTool.RunAsync(files with { Tool = "grep" }, query, glob, TestTimeout.Token);
    }

    private async Task<IReadOnlyList<GrepHit>> GrepAsync(GrepQuery query) => (await SucceedAsync<GrepReply>(files => SearchAsync(files, query))).Hits;

    private static IEnumerable<string> Paths(IEnumerable<GrepHit> hits) => hits.Select(static hit => hit.Path);

    private static (long Line, string? Text, bool IsMatch) Place(GrepHit hit) => (hit.Line, hit.Text, hit.IsMatch);
}
