using ModalAI.TestSupport;
using ModalAI.Tools;

namespace ModalAI.Tests.Tools;

/// <summary>What one call leaves for the next, with the shell of the computer's own root.</summary>
public sealed class ShellStateTests(EmulatorFixture fixture) : ToolTest(fixture)
{
    [Theory]
    [InlineData(null)]
    [InlineData("sh")]
    public Task State_DirectoryAndVariables_AreThereForTheNextCall(string? shell) => ShellStateChecks.RunAsync(Sandbox, "/work", shell);
}
