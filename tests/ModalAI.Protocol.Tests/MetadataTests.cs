using Grpc.Core;

namespace ModalAI.Protocol.Tests;

public sealed class MetadataTests
{
    [Fact]
    public void Add_UpperCaseKey_IsLowered()
    {
        var metadata = new Metadata { { "X-Key", "v" } };

        Assert.Equal("x-key", metadata[0].Key);
        Assert.Equal("v", metadata.GetValue("X-KEY"));
    }

    [Theory]
    [InlineData("has space")]
    [InlineData("has:colon")]
    [InlineData("ümlaut")]
    public void Add_KeyWithOtherCharacters_Throws(string key)
    {
        Assert.Throws<ArgumentException>(() => new Metadata { { key, "v" } });
    }

    [Fact]
    public void Add_BinaryKeyWithText_Throws()
    {
        Assert.Throws<ArgumentException>(() => new Metadata { { "x-BIN", "text" } });
    }

    [Fact]
    public void Add_TextKeyWithBytes_Throws()
    {
        Assert.Throws<ArgumentException>(() => new Metadata { { "x-text", [1] } });
    }

    [Fact]
    public void Entry_Binary_KeepsItsOwnBytes()
    {
        byte[] bytes = [1, 2];
        var entry = new Metadata.Entry("x-bin", bytes);

        bytes[0] = 9;
        entry.ValueBytes[0] = 9;

        Assert.True(entry.IsBinary);
        Assert.Equal([1, 2], entry.ValueBytes);
        Assert.Throws<InvalidOperationException>(() => entry.Value);
    }

    [Fact]
    public void Get_KeyTwice_ReturnsLastAndAllInOrder()
    {
        var metadata = new Metadata { { "k", "1" }, { "other", "x" }, { "K", "2" } };

        Assert.Equal("2", metadata.GetValue("k"));
        Assert.Equal(["1", "2"], metadata.GetAll("k").Select(entry => entry.Value));
        Assert.Null(metadata.GetValue("missing"));
        Assert.Null(metadata.GetValueBytes("missing-bin"));
    }

    [Fact]
    public void Empty_Changed_Throws()
    {
        Assert.True(Metadata.Empty.IsReadOnly);
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Add("k", "v"));
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Clear());
    }

    [Fact]
    public void List_InsertRemoveReplace_KeepsOrder()
    {
        var metadata = new Metadata { { "a", "1" }, { "c", "3" } };

        metadata.Insert(1, new Metadata.Entry("b", "2"));
        metadata[2] = new Metadata.Entry("d", "4");
        metadata.RemoveAt(0);

        Assert.Equal(["b", "d"], metadata.Select(entry => entry.Key));
    }
}
