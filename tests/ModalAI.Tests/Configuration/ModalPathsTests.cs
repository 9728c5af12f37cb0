using ModalAI.Configuration;

namespace ModalAI.Tests.Configuration;

public sealed class ModalPathsTests
{
    [Theory]
    [InlineData("/", true)]
    [InlineData("/a", true)]
    [InlineData("/a b/.c/..d/e..", true)]
    [InlineData("/grüße", true)]
    [InlineData(null, false)]
    [InlineData("", false)]
    [InlineData("a", false)]
    [InlineData("//", false)]
    [InlineData("//a", false)]
    [InlineData("/a/", false)]
    [InlineData("/a//b", false)]
    [InlineData("/.", false)]
    [InlineData("/a/./b", false)]
    [InlineData("/a/..", false)]
    [InlineData("/a\0", false)]
    [InlineData("/a\nb", false)]
    [InlineData("\\a", false)]
    public void IsAbsoluteNormalized_Path_IsTold(string? path, bool expected)
    {
        Assert.Equal(expected, ModalPaths.IsAbsoluteNormalized(path));
    }

    [Fact]
    public void IsAbsoluteNormalized_LongPath_CountsBytes()
    {
        Assert.True(ModalPaths.IsAbsoluteNormalized("/" + new string('a', 4095)));
        Assert.False(ModalPaths.IsAbsoluteNormalized("/" + new string('é', 2048)));
    }

    [Theory]
    [InlineData("/data", "/data", true)]
    [InlineData("/data/x", "/data", true)]
    [InlineData("/data2", "/data", false)]
    [InlineData("/", "/data", false)]
    [InlineData("/x", "/", true)]
    public void IsAtOrBelow_PathAndFolder_IsTold(string path, string folder, bool expected)
    {
        Assert.Equal(expected, ModalPaths.IsAtOrBelow(path, folder));
    }

    [Fact]
    public void Ancestors_Path_AreNearestFirst()
    {
        Assert.Equal(["/a/b", "/a"], ModalPaths.Ancestors("/a/b/c"));
        Assert.Empty(ModalPaths.Ancestors("/a"));
        Assert.Empty(ModalPaths.Ancestors("/"));
    }
}
