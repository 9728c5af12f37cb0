using System.Diagnostics;
using System.Globalization;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Sandboxes;

/// <summary>A process of its own that attaches to a command which this one has started.</summary>
internal static class AttachingProcess
{
    /// <summary>What that process does: attaches, writes a line to the command's input, and prints its output and exit code.</summary>
    public static async Task<int> RunAsync(string[] arguments)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await using var client = TestClient.Create(arguments[0]);
        await using var process = client.Sandboxes.Get(arguments[1]).AttachProcess(arguments[2], int.Parse(arguments[3], CultureInfo.InvariantCulture));
        await process.StandardInput.WriteAsync("go\n"u8.ToArray(), limit.Token);
        using var reader = new StreamReader(process.StandardOutput);
        await Console.Out.WriteAsync(await reader.ReadToEndAsync(limit.Token));
        await Console.Out.WriteLineAsync((await process.WaitForExitAsync(limit.Token)).ToString(CultureInfo.InvariantCulture));
        return 0;
    }

    /// <summary>How that process is started.</summary>
    public static ProcessStartInfo StartInfo(string serverUrl, string sandboxId, string execId, int offset) =>
        new("dotnet", [typeof(AttachingProcess).Assembly.Location, serverUrl, sandboxId, execId, offset.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardOutput = true,
        };
}
