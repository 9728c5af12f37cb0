using ModalAI.Emulator.Isolation;
using ModalAI.TestSupport;

namespace ModalAI.Emulator.Tests.Isolation;

internal static class SandboxExtensions
{
    /// <summary>Runs a script without input, to the end of its output.</summary>
    public static Task<CommandResult> RunAsync(this IsolatedSandbox sandbox, string script, params string[] arguments) =>
        sandbox.RunAsync(new ProcessSpec { Arguments = ["sh", "-c", script, "sh", .. arguments] });

    public static async Task<CommandResult> RunAsync(this IsolatedSandbox sandbox, ProcessSpec spec)
    {
        await using var process = sandbox.Start(spec);
        await process.StandardInput.DisposeAsync();
        using var outputReader = new StreamReader(process.StandardOutput);
        using var errorReader = new StreamReader(process.StandardError);
        var token = TestTimeout.Token;
        var output = outputReader.ReadToEndAsync(token);
        var error = errorReader.ReadToEndAsync(token);
        return new CommandResult(await process.Exit.WaitAsync(token), await output, await error);
    }

    /// <summary>Waits for a line of the command's output, which says that it has come so far.</summary>
    public static async Task<string?> ReadLineAsync(this IsolatedProcess process)
    {
        var line = new List<byte>();
        var next = new byte[1];
        while (await process.StandardOutput.ReadAsync(next, TestTimeout.Token) > 0)
        {
            if (next[0] == (byte)'\n')
            {
                return System.Text.Encoding.UTF8.GetString([.. line]);
            }

            line.Add(next[0]);
        }

        return null;
    }
}
