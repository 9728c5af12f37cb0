namespace ModalAI.Conformance.Wire;

internal static partial class WireScenarios
{
    private static IEnumerable<WireScenario> Processes() =>
    [
        new("run a command in a terminal", run => run.WithSandboxAsync(async sandbox =>
        {
            await using var process = await sandbox.StartProcessAsync(ModalCommand.Create("true") with { Pty = new() }, run.CancellationToken);
            await process.StandardOutput.CopyToAsync(Stream.Null, run.CancellationToken);
            await process.WaitForExitAsync(run.CancellationToken);
        })),

        new("create with a terminal", run => run.WithSandboxAsync(WireRun.Defaults with { Pty = new() }, _ => Task.CompletedTask)),

        new("write to the entrypoint and read from it", run => run.WithSandboxAsync(
            WireRun.Defaults with { Command = ["sh", "-c", "cat; echo end >&2"] },
            async sandbox =>
            {
                await sandbox.StandardInput.WriteAsync("first\n"u8.ToArray(), run.CancellationToken);
                await sandbox.StandardInput.WriteAsync("second\n"u8.ToArray(), run.CancellationToken);
                await sandbox.StandardInput.DisposeAsync();
                await sandbox.WaitAsync(run.CancellationToken);
                await sandbox.StandardOutput.CopyToAsync(Stream.Null, run.CancellationToken);
                await sandbox.StandardError.CopyToAsync(Stream.Null, run.CancellationToken);
            })),

        new("fetch logs", run => run.WithSandboxAsync(
            WireRun.Defaults with { Command = ["echo", "logged"] },
            async sandbox =>
            {
                await sandbox.WaitAsync(run.CancellationToken);
                var since = DateTimeOffset.UtcNow - TimeSpan.FromHours(1);
                await foreach (var _ in sandbox.Logs.FetchAsync(new() { Since = since, Source = ModalLogSource.Output, SearchText = "log" }, run.CancellationToken))
                {
                    // Compared are the requests.
                }

                await foreach (var _ in sandbox.Logs.TailAsync(10, cancellationToken: run.CancellationToken))
                {
                    // Compared are the requests.
                }
            })),

        new("watch files", run => run.WithSandboxAsync(async sandbox =>
        {
            await foreach (var _ in sandbox.Files.WatchAsync("/tmp", new() { Timeout = TimeSpan.FromSeconds(1) }, run.CancellationToken))
            {
                // Nothing happens.
            }

            // What the SDK tells as modified.
            ModalFileChangeType[] types = [ModalFileChangeType.Created, ModalFileChangeType.Modified, ModalFileChangeType.Renamed];
            await foreach (var _ in sandbox.Files.WatchAsync("/tmp", new() { Recursive = true, Types = types, Timeout = TimeSpan.FromSeconds(1) }, run.CancellationToken))
            {
                // Nothing happens.
            }
        })),
    ];
}
