using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using ModalAI.Tools;
using NSubstitute;

namespace ModalAI.Tests.Tools;

public sealed class ToolArgumentsTests
{
    /// <summary>Tools whose sandboxes can't be had: what they answer, they answer without one.</summary>
    private static readonly ModalSandboxTools Tools = new(new ToolSetup { Options = new() }, Substitute.For<IModalSandboxFactory>(), ModalSandboxMode.NewPerInvocation);

    [Fact]
    public async Task Invoke_MissingArgument_AnswersWithWhatIsExpected()
    {
        Assert.Equal(
            "Error: bash was not run: argument 'command' is missing. Its arguments: command (string, required), timeout_seconds (integer), workdir (string).",
            await ToolTest.CallAsync(Tools, "bash"));
        Assert.Contains("'command' is missing", await ToolTest.CallAsync(Tools, "bash", ("command", null)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Invoke_UnknownArgument_AnswersWithWhatIsExpected()
    {
        Assert.StartsWith(
            "Error: read was not run: it has no argument 'path'. Its arguments: file_path (string, required)",
            await ToolTest.CallAsync(Tools, "read", ("path", "/x")),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bash", "timeout_seconds", "\"soon\"", "an integer")]
    [InlineData("bash", "timeout_seconds", "1.5", "an integer")]
    [InlineData("bash", "timeout_seconds", "true", "an integer")]
    [InlineData("bash", "timeout_seconds", "[1]", "an integer")]
    [InlineData("bash", "command", "{\"a\":1}", "a string")]
    [InlineData("bash", "command", "[\"ls\"]", "a string")]
    [InlineData("edit", "replace_all", "\"maybe\"", "a boolean")]
    [InlineData("edit", "replace_all", "1", "a boolean")]
    public async Task Invoke_WrongType_AnswersWithTheRightOne(string tool, string name, string json, string expected)
    {
        Assert.Contains($"argument '{name}' has to be {expected}.", await ToolTest.CallAsync(Tools, tool, (name, JsonElement.Parse(json))), StringComparison.Ordinal);
        Assert.Contains($"argument '{name}' has to be {expected}.", await ToolTest.CallAsync(Tools, tool, (name, JsonNode.Parse(json))), StringComparison.Ordinal);
    }

    public static TheoryData<object> HalfCharacters => ["\ud83d", JsonElement.Parse("\"\\ud83d\""), JsonNode.Parse("\"\\ud83d\"")!, JsonValue.Create("\ud83d")];

    [Theory]
    [MemberData(nameof(HalfCharacters))]
    public async Task Invoke_HalfOfASurrogatePairInAnyForm_IsRefused(object half)
    {
        Assert.Contains(
            "'file_path' holds half of a surrogate pair", await ToolTest.CallAsync(Tools, "write", ("file_path", half), ("content", "x")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Invoke_HalfOfASurrogatePairInAName_IsRefused()
    {
        Assert.Contains("name of an argument holds half", await ToolTest.CallAsync(Tools, "write", ("\ud83d", 1)), StringComparison.Ordinal);
        Assert.Contains(
            "a name in edits[0] holds half",
            await ToolTest.CallAsync(Tools, "multi_edit", ("file_path", "x"), ("edits", JsonElement.Parse("""[{"\ud83d":1}]"""))),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""[{"old_string":"\ud83d","new_string":"b"}]""")]
    [InlineData("""[{"old_string":"a","new_string":"\udc00"}]""")]
    public async Task Invoke_HalfOfASurrogatePairInAnArray_IsRefused(string edits)
    {
        Assert.Contains(
            "holds half", await ToolTest.CallAsync(Tools, "multi_edit", ("file_path", "x"), ("edits", JsonElement.Parse(edits))), StringComparison.Ordinal);
        Assert.Contains("has to be an array", await ToolTest.CallAsync(Tools, "multi_edit", ("file_path", "x"), ("edits", JsonNode.Parse(edits))), StringComparison.Ordinal);
        Assert.Contains("has to be an array", await ToolTest.CallAsync(Tools, "multi_edit", ("file_path", "x"), ("edits", "[\ud83d")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Invoke_NodeThatIsNoJson_AnswersWithTheRightType()
    {
        var nested = new JsonArray();
        for (var depth = 0; depth < 100; depth++)
        {
            nested = [nested];
        }

        Assert.Contains("has to be an array", await ToolTest.CallAsync(Tools, "multi_edit", ("edits", JsonValue.Create(double.NaN))), StringComparison.Ordinal);
        Assert.Contains("has to be an array", await ToolTest.CallAsync(Tools, "multi_edit", ("edits", nested)), StringComparison.Ordinal);
        Assert.Contains("has to be an array", await ToolTest.CallAsync(Tools, "multi_edit", ("edits", new JsonArray(double.NaN))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Invoke_ObjectThatIsNoJson_AnswersWithTheRightType()
    {
        Assert.Contains("has to be a string", await ToolTest.CallAsync(Tools, "bash", ("command", new object())), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bash", """{"command":"echo \ud83d x"}""")]
    [InlineData("multi_edit", """{"file_path":"x","edits":[{"old_string":"\udc00","new_string":"y"}]}""")]
    public async Task Invoke_HalfOfASurrogatePairInJson_IsTold(string tool, string json)
    {
        var arguments = JsonElement.Parse(json).EnumerateObject().Select(static property => (property.Name, (object?)property.Value)).ToArray();

        Assert.Contains("half of a surrogate pair", await ToolTest.CallAsync(Tools, tool, arguments), StringComparison.Ordinal);
    }

    public static TheoryData<object> MinusFives => [-5, -5L, -5.0, -5m, "-5", "-5.0", JsonElement.Parse("-5"), JsonElement.Parse("\"-5\""), JsonElement.Parse("-5e0"), JsonValue.Create(-5)];

    [Theory]
    [MemberData(nameof(MinusFives))]
    public async Task Invoke_NumberInAnyForm_IsTheNumber(object minusFive)
    {
        Assert.Contains("offset is -5; it has", await ToolTest.CallAsync(Tools, "read", ("file_path", "x"), ("offset", minusFive)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("list", "[1,2]", "[1,2]")]
    [InlineData("list", "\"[1, 2]\"", "[1, 2]")]
    [InlineData("list", "\"1, 2\"", "argument 'list' has to be an array")]
    [InlineData("list", "\"{}\"", "argument 'list' has to be an array")]
    [InlineData("list", "{}", "argument 'list' has to be an array")]
    [InlineData("map", "\"{\\\"a\\\":1}\"", "{\"a\":1}")]
    [InlineData("map", "[]", "argument 'map' has to be an object")]
    [InlineData("share", "\"0.5\"", "0.5")]
    [InlineData("share", "0.5", "0.5")]
    [InlineData("share", "\"NaN\"", "argument 'share' has to be a number")]
    public void Convert_JsonInAString_IsTakenForWhatItSays(string name, string json, string expected)
    {
        var schema = JsonElement.Parse("""{"properties":{"list":{"type":"array"},"map":{"type":["object","null"]},"share":{"type":"number"}}}""");
        var function = Substitute.For<AIFunction>();
        function.JsonSchema.Returns(schema);

        var isConverted = ToolArguments.TryConvert(function, new AIFunctionArguments { [name] = JsonElement.Parse(json) }, out var converted, out var problem);

        Assert.Contains(expected, isConverted ? FormattableString.Invariant($"{converted![name]}") : problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Invoke_NumberOutOfRange_IsRefusedAsAnyOther()
    {
        Assert.Contains("1 to 600", await ToolTest.CallAsync(Tools, "bash", ("command", "true"), ("timeout_seconds", JsonElement.Parse("-1e300"))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bash", "command", "  ", "command is empty")]
    [InlineData("bash", "command", "a\0b", "NUL")]
    [InlineData("read", "file_path", "a\0b", "NUL")]
    [InlineData("read", "file_path", "", "file_path is empty")]
    [InlineData("glob", "pattern", "a\0b", "NUL")]
    [InlineData("grep", "pattern", "", "pattern is empty")]
    [InlineData("grep", "pattern", "a\0b", "NUL")]
    public async Task Invoke_TextThatNoProgramCanBeGiven_IsRefused(string tool, string name, string value, string expected)
    {
        Assert.Contains(expected, await ToolTest.CallAsync(Tools, tool, (name, value)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bash", "command", 1_100_000)]
    [InlineData("read", "file_path", 5_000)]
    [InlineData("glob", "pattern", 2_000)]
    [InlineData("grep", "pattern", 5_000)]
    public async Task Invoke_TextThatIsTooLong_IsRefusedWithTheLimit(string tool, string name, int length)
    {
        Assert.Contains("bytes; at most", await ToolTest.CallAsync(Tools, tool, (name, new string('x', length))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Invoke_Cancelled_Throws()
    {
        var function = Tools.OfType<AIFunction>().First();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await function.InvokeAsync(new() { ["command"] = "true" }, new CancellationToken(canceled: true)));
    }
}
