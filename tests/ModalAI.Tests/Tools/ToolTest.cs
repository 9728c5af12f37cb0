using Microsoft.Extensions.AI;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Tools;

/// <summary>Calls the tools as an agent's loop does, in a sandbox of the test's own.</summary>
public abstract class ToolTest(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    protected ModalSandbox Sandbox { get; private set; } = null!;

    protected ModalSandboxTools Tools { get; set; } = null!;

    public override async Task InitializeAsync()
    {
        Sandbox = await Client.Sandboxes.CreateAsync(new ModalSandboxCreateOptions { AppName = "tests", WorkingDirectory = "/work" }, TestTimeout.Token);
        Tools = new ModalSandboxTools(Sandbox);
    }

    public override async Task DisposeAsync()
    {
        await Sandbox.TerminateAsync(TestTimeout.Token);
        await base.DisposeAsync();
    }

    protected Task<string> CallAsync(string name, params (string Name, object? Value)[] arguments) => CallAsync(Tools, name, arguments);

    internal static async Task<string> CallAsync(ModalSandboxTools tools, string name, params (string Name, object? Value)[] arguments)
    {
        var function = tools.OfType<AIFunction>().Single(tool => tool.Name == name);
        var result = await function.InvokeAsync(new AIFunctionArguments(arguments.ToDictionary(argument => argument.Name, argument => argument.Value)), TestTimeout.Token);
        var text = Assert.IsType<string>(result);
        if (text.StartsWith("Error: ", StringComparison.Ordinal))
        {
            Assert.InRange(text.Length, 1, 600);
        }

        return text;
    }

    /// <summary>Runs a command past the tools.</summary>
    protected async Task<string> ShellAsync(string command) => (await Sandbox.ExecuteAsync(command, TestTimeout.Token)).EnsureSuccess().StandardOutput;
}
