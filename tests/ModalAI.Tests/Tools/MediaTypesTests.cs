using System.Text;
using ModalAI.Tools;

namespace ModalAI.Tests.Tools;

public sealed class MediaTypesTests
{
    [Theory]
    [InlineData("\u0089PNG\r\n\u001a\n", "image/png")]
    [InlineData("\u00FF\u00D8\u00FF\u00E0", "image/jpeg")]
    [InlineData("GIF89a", "image/gif")]
    [InlineData("RIFF....WEBPVP8 ", "image/webp")]
    [InlineData("RIFF....WAVEfmt ", "audio/wav")]
    [InlineData("%PDF-1.7", "application/pdf")]
    [InlineData("ID3\u0004", "audio/mpeg")]
    [InlineData("OggS", "audio/ogg")]
    [InlineData("fLaC", "audio/flac")]
    [InlineData("\0\0\0\u0020ftypisom", "video/mp4")]
    [InlineData("\0\0\0\u0020ftypM4A ", "audio/mp4")]
    [InlineData("\u001A\u0045\u00DF\u00A3....B\u0082webm", "video/webm")]
    [InlineData("PK\u0003\u0004", "application/zip")]
    [InlineData("GIF", null)]
    [InlineData("RIFF", null)]
    [InlineData("plain text", null)]
    [InlineData("", null)]
    public void Detect_FirstBytes_TellTheMediaType(string head, string? expected) => Assert.Equal(expected, MediaTypes.Detect(Encoding.Latin1.GetBytes(head)));

    [Theory]
    [InlineData("report.csv", "report.csv")]
    [InlineData("/a/b/report.csv", "report.csv")]
    [InlineData("C:\\Windows\\system32\\x.dll", "x.dll")]
    [InlineData("../../etc/passwd", "passwd")]
    [InlineData("..", "file")]
    [InlineData("/", "file")]
    [InlineData("...", "file")]
    [InlineData(".bashrc", "bashrc")]
    [InlineData("--help", "help")]
    [InlineData("a\nb\0c\u202Egpj.exe", "a_b_c_gpj.exe")]
    [InlineData("CON", "_CON")]
    [InlineData("nul.txt", "_nul.txt")]
    [InlineData("x.txt. .", "x.txt")]
    [InlineData("a:b*c?d|e<f>g\"h", "a_b_c_d_e_f_g_h")]
    [InlineData("größe 🙂.png", "größe 🙂.png")]
    public void ArtifactName_AnyPath_IsAHarmlessName(string path, string expected) => Assert.Equal(expected, ArtifactName.From(path));

    [Fact]
    public void ArtifactName_HalfACharacter_BecomesAnother() => Assert.Equal("_.txt", ArtifactName.From("\uD800.txt"));

    [Fact]
    public void ArtifactName_LongName_KeepsItsExtension()
    {
        var name = ArtifactName.From(new string('x', 300) + ".tar.gz");

        Assert.Equal(120, name.Length);
        Assert.EndsWith("xx.gz", name, StringComparison.Ordinal);
    }
}
