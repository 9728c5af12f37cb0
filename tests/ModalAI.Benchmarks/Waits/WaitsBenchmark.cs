using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using ModalAI.Emulator;

namespace ModalAI.Benchmarks.Waits;

/// <summary>
/// Counts what an operation costs far from the server: RPCs, and serial waits, which are wall time over the delay that the emulator adds to each RPC. Ours and
/// Modal's JavaScript SDK take turns in one run; the least of all rounds is printed, since whatever else the computer does only ever adds to a wait.
/// </summary>
internal static class WaitsBenchmark
{
    private const int Rounds = 7;
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private static readonly (string Phase, string Title)[] Operations =
    [
        ("fresh", "fresh process: to the first output of a new sandbox"),
        ("second", "second sandbox: to the first output"),
        ("warm", "warm command: full output and exit code"),
    ];

    public static async Task<int> RunAsync()
    {
        var node = Path.Combine(AppContext.BaseDirectory, "node");
        if (!Directory.Exists(Path.Combine(node, "node_modules")))
        {
            await RunToEndAsync(new ProcessStartInfo("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]) { WorkingDirectory = node });
        }

        var client = await PublishClientAsync();
        await using var emulator = await ModalEmulator.StartAsync(new ModalEmulatorOptions { DelayPerRpc = Delay });
        var ours = new ProcessStartInfo(client, ["waits-client", emulator.ServerUrl]);
        var sdk = new ProcessStartInfo("node", ["waits.mjs"]) { WorkingDirectory = node };
        sdk.Environment["MODAL_SERVER_URL"] = emulator.ServerUrl;
        sdk.Environment["MODAL_CONFIG_PATH"] = Path.Combine(node, "no-such-file");
        sdk.Environment["MODAL_LOGLEVEL"] = "error";

        // The first sandbox of an emulator prepares its file system; that is nobody's wait.
        await MeasureAsync(ours, emulator);
        var rounds = new List<(Dictionary<string, Sample> Sdk, Dictionary<string, Sample> Ours)>();
        for (var round = 0; round < Rounds; round++)
        {
            rounds.Add((await MeasureAsync(sdk, emulator), await MeasureAsync(ours, emulator)));
        }

        Console.WriteLine($"Serial waits: wall time over {Delay.TotalMilliseconds:0} ms added to each RPC; least of {Rounds} rounds taken in turn. Ours is published ReadyToRun.");
        Console.WriteLine();
        Console.WriteLine("| operation | modal@0.11.1: RPCs | waits | ModalAI: RPCs | waits |");
        Console.WriteLine("|---|---|---|---|---|");
        var isWorse = false;
        foreach (var (phase, title) in Operations)
        {
            var theirs = Least(rounds.Select(round => round.Sdk[phase]));
            var mine = Least(rounds.Select(round => round.Ours[phase]));
            isWorse |= mine.Waits > theirs.Waits;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {title} | {theirs.Rpcs} | {theirs.Waits:F1} | {mine.Rpcs} | {mine.Waits:F1} |"));
        }

        return isWorse ? 1 : 0;
    }

    private static async Task<Dictionary<string, Sample>> MeasureAsync(ProcessStartInfo start, ModalEmulator emulator)
    {
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            var samples = new Dictionary<string, Sample>();
            var rpcsBefore = 0;
            while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
            {
                switch (line.Split(' '))
                {
                    case ["begin", _]:
                        rpcsBefore = CountRpcs(emulator);
                        break;
                    case ["end", var phase, var milliseconds]:
                        samples[phase] = new Sample(CountRpcs(emulator) - rpcsBefore, double.Parse(milliseconds, CultureInfo.InvariantCulture) / Delay.TotalMilliseconds);
                        break;
                    default:
                        throw new InvalidOperationException($"{start.FileName} printed: {line}");
                }

                await process.StandardInput.WriteLineAsync();
            }

            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode == 0 ? samples : throw new InvalidOperationException($"{start.FileName} ended with {process.ExitCode}.");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    /// <summary>This program, compiled ahead of time.</summary>
    private static async Task<string> PublishClientAsync()
    {
        var project = typeof(WaitsBenchmark).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(static metadata => metadata.Key == "Project").Value!;
        var folder = Path.Combine(AppContext.BaseDirectory, "published");
        await RunToEndAsync(new ProcessStartInfo(
            "dotnet",
            ["publish", project, "-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier, "--self-contained", "false", "-p:PublishReadyToRun=true", "-o", folder, "-v", "q", "-nologo"]));
        return Path.Combine(folder, Path.GetFileNameWithoutExtension(project));
    }

    private static int CountRpcs(ModalEmulator emulator) => emulator.Ledger.RpcCounts.Values.Sum();

    private static Sample Least(IEnumerable<Sample> samples) => samples.MinBy(static sample => sample.Waits)!;

    private static async Task RunToEndAsync(ProcessStartInfo start)
    {
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{start.FileName} ended with {process.ExitCode}.");
        }
    }

    private sealed record Sample(int Rpcs, double Waits);
}
