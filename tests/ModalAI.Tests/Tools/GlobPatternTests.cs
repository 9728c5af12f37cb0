using System.Diagnostics;
using ModalAI.Tools;

namespace ModalAI.Tests.Tools;

public sealed class GlobPatternTests
{
    [Theory]
    [InlineData("*.cs", "", "a.cs b/a.cs a.csx .cs", "a.cs .cs")]
    [InlineData("**/*.cs", "", "a.cs b/a.cs b/c/a.cs a.txt", "a.cs b/a.cs b/c/a.cs")]
    [InlineData("src/**/*.cs", "src", "a.cs x/a.cs a.txt", "a.cs x/a.cs")]
    [InlineData("src/*/a.?s", "src", "x/a.cs x/a.ts a.cs x/y/a.cs", "x/a.cs x/a.ts")]
    [InlineData("**/a/**/b", "", "a/b x/a/y/b x/b", "a/b x/a/y/b")]
    [InlineData("src/**", "src", "a x/y", "a x/y")]
    [InlineData("*.{cs,ts{,x}}", "", "a.cs a.ts a.tsx a.js", "a.cs a.ts a.tsx")]
    [InlineData("{a,b}/*", "", "a/1 b/2 c/3", "a/1 b/2")]
    [InlineData("[id].{ts", "", "[id].{ts i", "[id].{ts")]
    [InlineData("src/[id]/a[0-2].ts", "src", "[id]/a1.ts i/a2.ts [id]/a[0-2].ts x/a1.ts i/a3.ts", "[id]/a1.ts i/a2.ts [id]/a[0-2].ts")]
    [InlineData("[!a-c^]x", "", "ax dx ^x /x", "dx")]
    [InlineData("[^a]x", "", "ax bx", "bx")]
    [InlineData("[]a]x[", "", "]x[ ax[ []a]x[ bx[", "]x[ ax[ []a]x[")]
    [InlineData("[--9]", "", ". / 5 :", ". 5")]
    [InlineData("[a[^\\-]", "", "a [ ^ \\ - b", "a [ ^ \\ -")]
    [InlineData("[a/b]", "[a", "b] b", "b]")]
    [InlineData("[z-a]", "", "b [z-a]", "[z-a]")]
    [InlineData("a+(b)|.$^", "", "a+(b)|.$^ aab", "a+(b)|.$^")]
    [InlineData("/etc/host*", "/etc", "hosts x/hosts", "hosts")]
    [InlineData("/*", "/", "a b/c", "a")]
    [InlineData("../x/*", "../x", "a", "a")]
    [InlineData("./*.cs", ".", "a.cs", "a.cs")]
    [InlineData("src/app.py", "src", "app.py", "app.py")]
    public void Match_Pattern_TakesWhatItSays(string pattern, string directory, string paths, string expected)
    {
        Assert.True(GlobPattern.TryParse(pattern, out var glob, out _));

        Assert.Equal(directory, glob.Directory);
        Assert.Equal(expected.Split(' '), paths.Split(' ').Where(glob.IsMatch));
    }

    [Fact]
    public void Match_NameWithLineEnd_IsOneName()
    {
        Assert.True(GlobPattern.TryParse("**/a*", out var glob, out _));

        Assert.True(glob.IsMatch("x\ny/a\nb"));
        Assert.False(glob.IsMatch("b\na"));
    }

    [Theory]
    [InlineData("**/*.{cs,ts}", "-name *.cs -o -name *.ts")]
    [InlineData("src/[id]/**", "-name **")]
    [InlineData(@"a\[b", @"-name a\\\[b")]
    [InlineData("a[0-9][!x].{b,c}", "-name a**.b -o -name a**.c")]
    public void FindNames_Pattern_FindsNoLess(string pattern, string expected)
    {
        Assert.True(GlobPattern.TryParse(pattern, out var glob, out _));

        Assert.Equal(expected, string.Join(' ', glob.FindNames()));
    }

    [Theory]
    [InlineData("*.cs", "-name *.cs")]
    [InlineData("src/**/*.cs", "-path */src/**.cs")]
    [InlineData("./*.cs", "-name *.cs")]
    [InlineData("src/**/a.cs", "-path */src/*a.cs")]
    [InlineData("**/{a,b?}", "-name a -o -name b?")]
    [InlineData("/a/*.cs", "-path /a/*.cs")]
    [InlineData("[id]/[a", @"-path */\[id]/\[a -o -path */[id]/[a")]
    public void FindPaths_Pattern_MatchesTheEndOfPaths(string pattern, string expected)
    {
        Assert.True(GlobPattern.TryParse(pattern, out var glob, out _));

        Assert.Equal(expected, string.Join(' ', glob.FindPaths(out _)));
    }

    [Theory]
    [InlineData("*a")]
    [InlineData("**/")]
    [InlineData("?")]
    [InlineData("{")]
    [InlineData("[a-z]")]
    [InlineData("[!")]
    public void Filter_HostilePattern_HasAnEnd(string part)
    {
        var pattern = string.Concat(Enumerable.Repeat(part, 512 / part.Length));
        var started = Stopwatch.GetTimestamp();

        Assert.True(GlobPattern.TryParse(pattern, out var glob, out _));
        GlobPattern.Filter(Enumerable.Range(0, 100_000).Select(number => $"{new string('a', 4000)}{number}"), glob.IsMatch, out _);
        GlobPattern.Filter(Enumerable.Range(0, 100_000).Select(number => $"{new string('a', 4000)}{number}"), glob.IsEndOf, out _);

        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0, 20);
    }

    [Theory]
    [InlineData("*.cs", "a.cs x/a.cs a.ts a.cs/x", "a.cs x/a.cs")]
    [InlineData("src/*.ts", "src/a.ts x/src/a.ts src/x/a.ts asrc/a.ts", "src/a.ts x/src/a.ts")]
    [InlineData("src/**/a?.ts", "src/a1.ts src/x/y/a2.ts src/a/.ts", "src/a1.ts src/x/y/a2.ts")]
    [InlineData("./*.cs", "a.cs x/a.cs", "a.cs x/a.cs")]
    [InlineData("/a/*.cs", "/a/b.cs /x/a/b.cs /a/x/b.cs", "/a/b.cs")]
    public void IsEndOf_Path_MatchesInDirectoriesOfAnyDepth(string pattern, string paths, string expected)
    {
        Assert.True(GlobPattern.TryParse(pattern, out var glob, out _));

        Assert.Equal(expected.Split(' '), paths.Split(' ').Where(glob.IsEndOf));
    }

    [Fact]
    public void Parse_AlternativesThatAreTooLongTogether_AreRefused()
    {
        var pattern = new string('[', 400) + "]" + string.Concat(Enumerable.Repeat("{a,b}", 6));

        Assert.False(GlobPattern.TryParse(pattern, out _, out var problem));

        Assert.Contains("64 alternatives of 26048 bytes in all; at most 8192", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("src/**/*.cs", ".git")]
    [InlineData("/srv/.gitea/**/.gitignore", ".git")]
    [InlineData(".git/config", "")]
    [InlineData("a/{.git,b}/*", "")]
    public void SkippedDirectory_PathAndPattern_IsLeftOutUnlessNamed(string asked, string expected) => Assert.Equal(expected, SkippedDirectory.For(asked));

    [Fact]
    public void Parse_TooManyAlternatives_IsRefused()
    {
        Assert.False(GlobPattern.TryParse(string.Concat(Enumerable.Repeat("{a,b,c}", 50)), out _, out var problem));

        Assert.Contains("64", problem, StringComparison.Ordinal);
    }
}
