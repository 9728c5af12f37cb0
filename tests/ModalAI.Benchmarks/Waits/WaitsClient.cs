using System.Diagnostics;
using System.Globalization;

namespace ModalAI.Benchmarks.Waits;

/// <summary>The measured side in a process of its own: nothing cached, nothing compiled. Its twin in JavaScript is waits.mjs.</summary>
internal static class WaitsClient
{
    public static async Task<int> RunAsync(string serverUrl)
    {
        ModalClient client = null!;
        ModalSandbox first = null!, second = null!;
        await MeasureAsync("fresh", async () =>
        {
            client = new ModalClient(new ModalClientOptions { ServerUrl = serverUrl, TokenId = "ak-waits", TokenSecret = "as-waits", UseConfigurationFile = false });
            first = await client.Sandboxes.CreateAsync(new() { AppName = "waits" });
            Check(await first.ExecuteAsync(ModalCommand.Create("echo", "hi")));
        });
        await MeasureAsync("second", async () =>
        {
            second = await client.Sandboxes.CreateAsync(new() { AppName = "waits" });
            Check(await second.ExecuteAsync(ModalCommand.Create("echo", "hi")));
        });
        await MeasureAsync("warm", async () => Check(await second.ExecuteAsync(ModalCommand.Create("echo", "hi"))));
        await first.TerminateAsync();
        await second.TerminateAsync();
        await client.DisposeAsync();
        return 0;
    }

    private static void Check(ModalCommandResult result)
    {
        if (result.StandardOutput != "hi\n" || result.ExitCode != 0)
        {
            throw new InvalidOperationException($"The command answered {result.ExitCode}: {result.StandardOutput}{result.StandardError}");
        }
    }

    private static async Task MeasureAsync(string phase, Func<Task> action)
    {
        Console.WriteLine($"begin {phase}");
        Console.ReadLine();
        var started = Stopwatch.GetTimestamp();
        await action();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"end {phase} {Stopwatch.GetElapsedTime(started).TotalMilliseconds:F1}"));
        Console.ReadLine();
    }
}
