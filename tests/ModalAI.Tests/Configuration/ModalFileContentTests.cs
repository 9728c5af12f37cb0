using System.Text;
using ModalAI.Configuration;

namespace ModalAI.Tests.Configuration;

public sealed class ModalFileContentTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("modalai-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Read_EveryKindOfContent_GivesTheBytesAndTheirLength()
    {
        var path = Path.Combine(_folder, "content.txt");
        await File.WriteAllTextAsync(path, "grüße");
        var bytes = Encoding.UTF8.GetBytes("grüße");
        ModalFileContent[] contents =
        [
            "grüße",
            bytes,
            new ReadOnlyMemory<byte>(bytes),
            new() { Base64 = Convert.ToBase64String(bytes) },
            new() { ContentFile = path },
        ];

        foreach (var content in contents)
        {
            Assert.Equal(1, content.SourceCount);
            Assert.Equal(bytes.Length, content.GetLength());
            Assert.Equal(bytes, (await content.ReadAsync(CancellationToken.None)).ToArray());
        }
    }

    [Fact]
    public async Task Read_BytesChangedByTheCaller_AreNotAffected()
    {
        byte[] bytes = [1, 2];
        ModalFileContent content = bytes;

        bytes[0] = 9;

        Assert.Equal([1, 2], (await content.ReadAsync(CancellationToken.None)).ToArray());
    }

    [Fact]
    public async Task Read_NoContent_Throws()
    {
        ModalFileContent[] contents = [new(), (byte[]?)null, (string)null!];

        foreach (var content in contents)
        {
            Assert.Equal((0, null), (content.SourceCount, content.GetLength()));
            await Assert.ThrowsAsync<InvalidOperationException>(() => content.ReadAsync(CancellationToken.None).AsTask());
        }
    }

    [Fact]
    public async Task Read_ContentFileThatHasGrown_Throws()
    {
        var path = Path.Combine(_folder, "large");
        await using (var file = File.Create(path))
        {
            file.SetLength(SandboxOptionRules.MaxInitialFilesBytes + 1);
        }

        var content = new ModalFileContent { ContentFile = path };

        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => content.ReadAsync(CancellationToken.None).AsTask());
        Assert.Contains($"'{path}' has 67108865 bytes", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_ContentFileThatHasGone_Throws()
    {
        var content = new ModalFileContent { ContentFile = Path.Combine(_folder, "gone") };

        await Assert.ThrowsAsync<FileNotFoundException>(() => content.ReadAsync(CancellationToken.None).AsTask());
    }
}
