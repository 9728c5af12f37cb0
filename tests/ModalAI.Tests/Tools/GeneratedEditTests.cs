using ModalAI.TestSupport;
using ModalAI.Tools;
using ModalAI.Tools.Patches;

namespace ModalAI.Tests.Tools;

/// <summary>Edits of generated files, each made in three ways, which have to come to the same bytes as putting the lines together does.</summary>
public sealed class GeneratedEditTests
{
    private const int MaxBytes = 1024 * 1024;

    [Fact]
    public void AllWays_OnAThousandFiles_ChangeTheSameBytes()
    {
        for (var seed = 0; seed < 1000; seed++)
        {
            var file = new GeneratedFile(new Random(seed));

            Assert.True(PatchParser.TryParse($"*** Begin Patch\n*** Update File: file\n{file.PatchChunks}*** End Patch", out var steps, out var problem), $"seed {seed}: {problem}");
            var patched = PatchChunks.Apply(file.Content, Assert.IsType<PatchUpdate>(Assert.Single(steps)).Chunks, ToolWords.Default, TestTimeout.Token);
            var byNumber = LineEdits.Apply(file.Content, file.LineEdits, MaxBytes);
            Assert.True(file.Expected.AsSpan().SequenceEqual(patched.Content), $"patch, seed {seed}: {patched.Message}");
            Assert.True(file.Expected.AsSpan().SequenceEqual(byNumber.Content), $"lines, seed {seed}: {byNumber.Message}");
            if (file.Content.Length > 0)
            {
                var byText = FileEdits.Apply(file.Content, file.TextEdits, ToolWords.Default, MaxBytes, TestTimeout.Token);
                Assert.True(file.Expected.AsSpan().SequenceEqual(byText.Content), $"text, seed {seed}: {byText.Message}");
            }
        }
    }
}
