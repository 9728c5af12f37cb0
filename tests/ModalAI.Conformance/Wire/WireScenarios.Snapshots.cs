namespace ModalAI.Conformance.Wire;

internal static partial class WireScenarios
{
    private static IEnumerable<WireScenario> Snapshots() =>
    [
        new("snapshot the file system", run => run.WithSandboxAsync(async sandbox =>
        {
            await sandbox.SnapshotFilesystemAsync(cancellationToken: run.CancellationToken);
            await sandbox.SnapshotFilesystemAsync(new() { TimeToLive = TimeSpan.FromHours(1) }, run.CancellationToken);
            var image = await sandbox.SnapshotFilesystemAsync(new() { TimeToLive = null }, run.CancellationToken);
            await run.WithSandboxAsync(WireRun.Defaults with { Image = image }, _ => Task.CompletedTask);
        })),

        new("snapshot a directory and mount it", run => run.WithSandboxAsync(async sandbox =>
        {
            await sandbox.Files.CreateDirectoryAsync("/work", cancellationToken: run.CancellationToken);
            var image = await sandbox.SnapshotDirectoryAsync("/work", cancellationToken: run.CancellationToken);
            await sandbox.MountImageAsync("/mounted", image, cancellationToken: run.CancellationToken);
            await sandbox.UnmountImageAsync("/mounted", run.CancellationToken);
            await sandbox.MountImageAsync("/empty", cancellationToken: run.CancellationToken);
        })),

        new("snapshot a directory with a key", run => run.WithSandboxAsync(async sandbox =>
        {
            await sandbox.Files.CreateDirectoryAsync("/work", cancellationToken: run.CancellationToken);
            var image = await sandbox.SnapshotDirectoryAsync("/work", new() { EncryptionKey = Bytes(32), TimeToLive = TimeSpan.FromDays(1) }, run.CancellationToken);
            await sandbox.MountImageAsync("/mounted", image, new() { EncryptionKey = Bytes(32) }, run.CancellationToken);
        })),

        new("snapshot a sidecar", run => run.WithSandboxAsync(async sandbox =>
        {
            var sidecar = await sandbox.Sidecars.CreateAsync(
                new() { Name = "side", Image = await BuildAsync(run, ModalImage.FromRegistry(WireRun.Tag)), Command = ["sleep", "60"] }, run.CancellationToken);
            await sidecar.SnapshotFilesystemAsync(cancellationToken: run.CancellationToken);
            var image = await sidecar.SnapshotDirectoryAsync("/etc", new() { TimeToLive = TimeSpan.FromDays(1) }, run.CancellationToken);
            await sidecar.MountImageAsync("/mounted", image, cancellationToken: run.CancellationToken);
            await sidecar.UnmountImageAsync("/mounted", run.CancellationToken);
            await sidecar.TerminateAndWaitAsync(cancellationToken: run.CancellationToken);
        })),

        new("snapshot at the end", run => run.WithSandboxAsync(
            WireRun.Defaults with { EnableExitSnapshot = true },
            async sandbox =>
            {
                await sandbox.TerminateAndWaitAsync(cancellationToken: run.CancellationToken);
                await sandbox.GetExitSnapshotAsync(cancellationToken: run.CancellationToken);
            })),

        new("snapshot the memory and restore", run => run.WithSandboxAsync(
            WireRun.Defaults with { EnableMemorySnapshot = true },
            async sandbox =>
            {
                var snapshot = await sandbox.SnapshotMemoryAsync(cancellationToken: run.CancellationToken);
                foreach (var options in new ModalSandboxRestoreOptions?[] { null, new() { Name = "restored" }, new() { WithoutName = true } })
                {
                    await using var restored = await run.Client.Sandboxes.RestoreAsync(snapshot, options, run.CancellationToken);
                    await restored.TerminateAsync(run.CancellationToken);
                }

                await using var found = await run.Client.Sandboxes.RestoreAsync(ModalSandboxSnapshot.FromId(snapshot.Id), cancellationToken: run.CancellationToken);
                await found.TerminateAsync(run.CancellationToken);
            })),
    ];
}
