using System.Text;

namespace ModalAI.Conformance.Wire;

internal static partial class WireScenarios
{
    private static IEnumerable<WireScenario> Commands() =>
    [
        new("run a command", run => run.WithSandboxAsync(sandbox => sandbox.ExecuteAsync(ModalCommand.Create("echo", "a \"b\" ü"), run.CancellationToken))),

        new("run a command with everything", run => run.WithSandboxAsync(sandbox => sandbox.ExecuteAsync(
            ModalCommand.Create("sh", "-c", "true") with
            {
                WorkingDirectory = "/tmp",
                Timeout = TimeSpan.FromSeconds(30),
                EnvironmentVariables = new Dictionary<string, string> { ["A"] = "1" },
                Secrets = [ModalSecret.FromName("warehouse"), ModalSecret.FromValues([new("B", "2")])],
            },
            run.CancellationToken))),

        new("run two commands", run => run.WithSandboxAsync(async sandbox =>
        {
            await sandbox.ExecuteAsync(ModalCommand.Create("true"), run.CancellationToken);
            await sandbox.ExecuteAsync(ModalCommand.Create("false"), run.CancellationToken);
        })),

        new("write to a command and read from it", run => run.WithSandboxAsync(async sandbox =>
        {
            await using var process = await sandbox.StartProcessAsync(ModalCommand.Create("cat"), run.CancellationToken);
            await process.StandardInput.WriteAsync("first\n"u8.ToArray(), run.CancellationToken);
            await process.StandardInput.WriteAsync(Encoding.UTF8.GetBytes("zweite Zeile ü\n"), run.CancellationToken);
            await process.StandardInput.DisposeAsync();
            await process.StandardOutput.CopyToAsync(Stream.Null, run.CancellationToken);
            await process.WaitForExitAsync(run.CancellationToken);
        })),

        new("end the input of a command", run => run.WithSandboxAsync(async sandbox =>
        {
            await using var process = await sandbox.StartProcessAsync(ModalCommand.Create("cat"), run.CancellationToken);
            await process.StandardInput.DisposeAsync();
            await process.WaitForExitAsync(run.CancellationToken);
        })),

        new("throw output away", run => run.WithSandboxAsync(async sandbox =>
        {
            await using var process = await sandbox.StartProcessAsync(
                ModalCommand.Create("ls") with { DiscardOutput = true, DiscardError = true }, run.CancellationToken);
            await process.StandardOutput.CopyToAsync(Stream.Null, run.CancellationToken);
            await process.WaitForExitAsync(run.CancellationToken);
        })),

        new("start a command that is not there", run => run.WithSandboxAsync(sandbox => WireRun.RefusedAsync(
            () => sandbox.StartProcessAsync(ModalCommand.Create("/no/such/program"), run.CancellationToken)))),
    ];
}
