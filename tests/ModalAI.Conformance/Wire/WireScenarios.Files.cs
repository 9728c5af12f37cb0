namespace ModalAI.Conformance.Wire;

internal static partial class WireScenarios
{
    private static IEnumerable<WireScenario> Files() =>
    [
        new("write and read a text", run => run.WithSandboxAsync(async sandbox =>
        {
            await sandbox.Files.WriteAllTextAsync("/work/ü \"x\".txt", "Grüße\n", run.CancellationToken);
            await sandbox.Files.ReadAllTextAsync("/work/ü \"x\".txt", cancellationToken: run.CancellationToken);
        })),

        new("write and read bytes", run => run.WithSandboxAsync(async sandbox =>
        {
            await sandbox.Files.WriteAllBytesAsync("/work/empty", ReadOnlyMemory<byte>.Empty, run.CancellationToken);
            await sandbox.Files.WriteAllBytesAsync("/work/large", Bytes(600_000), run.CancellationToken);
            await sandbox.Files.ReadAllBytesAsync("/work/large", cancellationToken: run.CancellationToken);
        })),

        new("copy files", async run =>
        {
            var local = Directory.CreateTempSubdirectory("modalai-wire-");
            try
            {
                var path = Path.Combine(local.FullName, "file");
                await File.WriteAllBytesAsync(path, Bytes(300_000), run.CancellationToken);
                await run.WithSandboxAsync(async sandbox =>
                {
                    await sandbox.Files.CopyFromLocalAsync(path, "/work/copy", run.CancellationToken);
                    await sandbox.Files.CopyToLocalAsync("/work/copy", path, run.CancellationToken);
                });
            }
            finally
            {
                local.Delete(recursive: true);
            }
        }),

        new("make, list, stat and remove", run => run.WithSandboxAsync(async sandbox =>
        {
            await sandbox.Files.CreateDirectoryAsync("/work/a/b", cancellationToken: run.CancellationToken);
            await sandbox.Files.CreateDirectoryAsync("/work/c", createParents: false, run.CancellationToken);
            await sandbox.Files.ListAsync("/work", run.CancellationToken);
            await sandbox.Files.GetInfoAsync("/work/a", run.CancellationToken);
            await sandbox.Files.DeleteAsync("/work/c", cancellationToken: run.CancellationToken);
            await sandbox.Files.DeleteAsync("/work/a", recursive: true, run.CancellationToken);
        })),

        new("files that are not there", run => run.WithSandboxAsync(async sandbox =>
        {
            await WireRun.RefusedAsync(() => sandbox.Files.ReadAllBytesAsync("/none", cancellationToken: run.CancellationToken));
            await WireRun.RefusedAsync(() => sandbox.Files.ListAsync("/none", run.CancellationToken));
        })),
    ];

    private static byte[] Bytes(int count) => [.. Enumerable.Range(0, count).Select(i => (byte)(i % 251))];
}
