using System.Text;
using ModalAI.TestSupport;
using ModalAI.Tools;

namespace ModalAI.Tests.Tools.Behaviours;

/// <summary>What agents count on in the output of commands: all of it, in order, whatever it is made of.</summary>
public sealed class OutputBehaviourTests(EmulatorFixture fixture) : ToolTest(fixture)
{
    [Fact]
    public async Task Bash_ErrorsOfACommandThatSucceeds_AreKept()
    {
        Assert.Equal("exit code 0\nwarning", await CallAsync("bash", ("command", "echo warning >&2")));
    }

    [Fact]
    public async Task Bash_BothStreamsInTurns_KeepTheirOrder()
    {
        var text = await CallAsync("bash", ("command", "for i in $(seq 500); do echo \"out $i\"; echo \"err $i\" >&2; done"));

        Assert.Equal($"exit code 0\n{string.Join('\n', Enumerable.Range(1, 500).Select(static number => $"out {number}\nerr {number}"))}", text);
    }

    [Theory]
    [InlineData("你好，世界 — Ünïcödé")]
    [InlineData("مرحبا שלום \u202Eright to left\u202C")]
    [InlineData("👩‍👩‍👧‍👦 🏳️‍🌈 e\u0301 \u1100\u1161\u11A8")]
    [InlineData("𝔘𝔫𝔦𝔠𝔬𝔡𝔢 \U0010FFFD")]
    public async Task Bash_Text_IsShownAsItIs(string line)
    {
        Assert.Equal($"exit code 0\n{line}", await CallAsync("bash", ("command", $"echo '{line}'")));
    }

    [Fact]
    public async Task Bash_CharactersThatArriveInPieces_AreWhole()
    {
        // Each byte of the text is written on its own.
        var text = await CallAsync("bash", ("command", "printf 'ä€🙂世界' >f; for i in $(seq 0 $(($(wc -c <f) - 1))); do dd if=f bs=1 skip=$i count=1 2>/dev/null; sleep 0.01; done"));

        Assert.Equal("exit code 0\nä€🙂世界", text);
    }

    [Fact]
    public async Task Bash_AllBytesThereAre_BecomeTextThatCanBeShown()
    {
        await Sandbox.Files.WriteAllBytesAsync("/work/all", Enumerable.Range(0, 256).Select(static value => (byte)value).ToArray(), TestTimeout.Token);

        var text = await CallAsync("bash", ("command", "cat all; echo; echo end; exit 3"));

        Assert.StartsWith("exit code 3\n", text, StringComparison.Ordinal);
        Assert.EndsWith("\nend", text, StringComparison.Ordinal);
        Assert.Contains("0123456789:;<=>?@ABC", text, StringComparison.Ordinal);
        Assert.DoesNotContain(text, static character => char.IsControl(character) && character is not ('\n' or '\t'));
        Assert.NotNull(ToolText.TryEncode(text));
    }

    [Fact]
    public async Task Bash_MuchOnStandardError_DoesNotHoldUpStandardOutput()
    {
        var text = await CallAsync("bash", ("command", "seq 300000 >&2; echo done"), ("timeout_seconds", 50));

        Assert.StartsWith("exit code 0; lines ", text, StringComparison.Ordinal);
        Assert.Contains(" of 300001 left out (1988900 bytes in all); ", text, StringComparison.Ordinal);
        Assert.EndsWith("\n299999\n300000\ndone", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shell_MuchOnBothStreams_IsComplete()
    {
        var result = await Sandbox.OpenShell("/work").ExecuteAsync("seq 300000 >&2 & seq 300001 400000; wait; echo done", TestTimeout.Token);

        Assert.Equal((0, false), (result.ExitCode, result.IsOutputTruncated));
        Assert.Equal(string.Concat(Enumerable.Range(300_001, 100_000).Select(static number => $"{number}\n")) + "done\n", result.StandardOutput);
        Assert.Equal(string.Concat(Enumerable.Range(1, 300_000).Select(static number => $"{number}\n")), result.StandardError);
    }

    [Fact]
    public async Task Shell_BytesThatAreNoText_AreReplacedOneByOne()
    {
        var result = await Sandbox.OpenShell("/work").ExecuteAsync(@"printf 'a\377b\0c'; printf '\376' >&2", TestTimeout.Token);

        Assert.Equal(("a\uFFFDb\0c", "\uFFFD"), (result.StandardOutput, result.StandardError));
    }

    [Fact]
    public async Task Bash_SavedLog_HoldsWhatWasPrintedByteForByte()
    {
        var text = await CallAsync("bash", ("command", @"head -c 200000 /dev/zero | tr '\0' '\377'; seq 20000; printf '\033[1mend'"));

        var path = System.Text.RegularExpressions.Regex.Match(text, @"all of the output is in (/tmp/\.modalai/out/\w+\.log)").Groups[1].Value;
        var log = await Sandbox.Files.ReadAllBytesAsync(path, cancellationToken: TestTimeout.Token);
        byte[] expected = [.. Enumerable.Repeat((byte)0xFF, 200_000), .. Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(1, 20_000).Select(static number => $"{number}\n")) + "\u001B[1mend")];
        Assert.True(log.AsSpan().SequenceEqual(expected));
    }
}
