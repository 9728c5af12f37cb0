using System.Text;
using Microsoft.Extensions.AI;
using ModalAI.Tests.Sandboxes;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Tools.Fuzz;

/// <summary>Answers of a sandbox whose programs were replaced by others: they are told as failures, and take no memory.</summary>
public sealed class ForgedAnswerTests
{
    [Theory]
    [InlineData("ls", "path", "found\n1 2\n3 4\0d\0./a\0./b\0\0", "cut short")]
    [InlineData("publish_file", "path", "artifact 10 2000000000\n", "failed")]
    [InlineData("publish_file", "path", "artifact -1 -1\n", "failed")]
    [InlineData("view_image", "path", "medium 10 2000000000\n", "failed")]
    [InlineData("view_image", "path", "medium -1 4\n", "failed")]
    [InlineData("read_file", "file_path", "binary x no-hex\n", "binary file")]
    [InlineData("read_file", "file_path", "text x y z\nline\n", "line")]
    public async Task Invoke_AnswerThatNoScriptOfOursGives_IsTold(string tool, string parameter, string answer, string expected)
    {
        var sandbox = new RecordedSandbox(new Random(1)) { Output = Encoding.UTF8.GetBytes(answer) };
        await using var router = await ScriptedRouter.StartAsync(new RecordingService(sandbox).Register);
        await using var client = router.CreateClient();
        var function = AllFunctions.Of(client.Sandboxes.Get(ScriptedRouter.SandboxId)).First(function => function.Name == tool);

        var result = await function.InvokeAsync(new AIFunctionArguments { [parameter] = "x" }, TestTimeout.Token);

        Assert.Contains(expected, Assert.IsType<string>(result), StringComparison.Ordinal);
    }
}
