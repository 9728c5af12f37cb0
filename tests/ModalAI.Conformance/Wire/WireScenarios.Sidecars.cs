namespace ModalAI.Conformance.Wire;

internal static partial class WireScenarios
{
    private static IEnumerable<WireScenario> Sidecars() =>
    [
        new("create a sidecar", run => run.WithSandboxAsync(async sandbox =>
        {
            var image = await BuildAsync(run, ModalImage.FromRegistry(WireRun.Tag));
            await sandbox.Sidecars.CreateAsync(new() { Name = "side", Image = image }, run.CancellationToken);
        })),

        new("create a sidecar with everything", run => run.WithSandboxAsync(async sandbox =>
        {
            var image = await BuildAsync(run, ModalImage.FromRegistry(WireRun.Tag));
            await sandbox.Sidecars.CreateAsync(
                new()
                {
                    Name = "side",
                    Image = image,
                    Command = ["sleep", "60"],
                    WorkingDirectory = "/tmp",
                    Secrets = [ModalSecret.FromName("warehouse"), ModalSecret.FromValues([new("A", "1")])],
                    EnvironmentVariables = new Dictionary<string, string> { ["B"] = "2" },
                    MemoryMiB = 64,
                    Volumes = new Dictionary<string, ModalVolumeMount> { ["/data"] = new() { Name = "data", CreateIfMissing = true } },
                },
                run.CancellationToken);
        })),

        new("create a sidecar with allowlists", run => run.WithSandboxAsync(async sandbox =>
        {
            var image = await BuildAsync(run, ModalImage.FromRegistry(WireRun.Tag));
            await sandbox.Sidecars.CreateAsync(
                new() { Name = "side", Image = image, OutboundCidrAllowlist = ["10.0.0.0/8"], OutboundDomainAllowlist = ["example.com"] }, run.CancellationToken);
        })) { MayBeRefused = true },

        new("use a sidecar", run => run.WithSandboxAsync(async sandbox =>
        {
            var image = await BuildAsync(run, ModalImage.FromRegistry(WireRun.Tag));
            var created = await sandbox.Sidecars.CreateAsync(new() { Name = "side", Image = image, Command = ["sleep", "60"] }, run.CancellationToken);
            await sandbox.Sidecars.ListAsync(cancellationToken: run.CancellationToken);
            var sidecar = await sandbox.Sidecars.GetAsync("side", cancellationToken: run.CancellationToken);
            await sidecar.ExecuteAsync(ModalCommand.Create("true"), run.CancellationToken);
            await sidecar.Files.GetInfoAsync("/tmp", run.CancellationToken);
            await created.PollAsync(run.CancellationToken);
            await created.TerminateAndWaitAsync(cancellationToken: run.CancellationToken);
            await sandbox.Sidecars.ListAsync(includeTerminated: true, run.CancellationToken);
            await sandbox.Sidecars.GetAsync("side", includeTerminated: true, run.CancellationToken);
        })),
    ];
}
