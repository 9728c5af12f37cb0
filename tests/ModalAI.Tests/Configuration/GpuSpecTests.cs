using ModalAI.Configuration;

namespace ModalAI.Tests.Configuration;

public sealed class GpuSpecTests
{
    [Theory]
    [InlineData("T4", "T4", 1)]
    [InlineData("a100-80gb:2", "A100-80GB", 2)]
    [InlineData("B200+:8", "B200+", 8)]
    [InlineData("H100!", "H100!", 1)]
    [InlineData("L4:01", "L4", 1)]
    [InlineData("any:4294967295", "ANY", uint.MaxValue)]
    public void Parse_TypeAndCount_GivesBoth(string text, string type, uint count)
    {
        Assert.Equal((type, count), GpuSpec.Parse(text));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void Parse_Nothing_GivesNone(string? text)
    {
        Assert.Null(GpuSpec.Parse(text));
    }

    [Theory]
    [InlineData(" ")]
    [InlineData("T4:")]
    [InlineData(":1")]
    [InlineData("T4:0")]
    [InlineData("T4:-1")]
    [InlineData("T4:+1")]
    [InlineData("T4: 1")]
    [InlineData("T4:1.5")]
    [InlineData("T4:2x")]
    [InlineData("T4:2:9")]
    [InlineData("T4:4294967296")]
    [InlineData("T 4")]
    [InlineData("T4,A100")]
    [InlineData("T4\n")]
    public void Parse_Malformed_SaysWhatWasGiven(string text)
    {
        var exception = Assert.Throws<FormatException>(() => GpuSpec.Parse(text));

        Assert.StartsWith($"The GPU is '{text}': it must be", exception.Message, StringComparison.Ordinal);
    }
}
