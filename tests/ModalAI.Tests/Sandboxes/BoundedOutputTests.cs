using System.Text;
using ModalAI.Sandboxes;

namespace ModalAI.Tests.Sandboxes;

public sealed class BoundedOutputTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(64)]
    [InlineData(1000)]
    public void Append_AnyChunks_KeepsStartAndEndAndCountsAll(int limit)
    {
        var random = new Random(limit);
        for (var round = 0; round < 200; round++)
        {
            var bytes = new byte[random.Next(0, limit * 4)];
            for (var i = 0; i < bytes.Length; i++)
            {
                bytes[i] = (byte)('a' + (i % 26));
            }

            var output = new BoundedOutput(limit);
            for (var offset = 0; offset < bytes.Length;)
            {
                var length = Math.Min(bytes.Length - offset, random.Next(1, limit * 2));
                output.Append(bytes.AsSpan(offset, length));
                offset += length;
            }

            Assert.Equal(bytes.Length, output.TotalBytes);
            var text = output.GetText();
            if (output.OmittedBytes == 0)
            {
                Assert.Equal(Encoding.UTF8.GetString(bytes), text);
                Assert.Equal(bytes, output.GetBytes());
            }
            else
            {
                var head = Math.Max(1, limit / 2);
                var tail = Math.Max(1, limit - head);
                Assert.Equal(
                    $"{Encoding.UTF8.GetString(bytes[..head])}\n[... {bytes.Length - head - tail} bytes left out ...]\n{Encoding.UTF8.GetString(bytes[^tail..])}", text);
            }
        }
    }

    [Fact]
    public void GetText_CutInsideCharacters_LeavesNoHalfOnes()
    {
        for (var limit = 2; limit < 40; limit++)
        {
            var output = new BoundedOutput(limit);
            output.Append(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("é漢🙂", 20))));

            Assert.DoesNotContain('\uFFFD', output.GetText());
        }
    }
}
