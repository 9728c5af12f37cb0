namespace ModalAI.Conformance.Wire;

internal static partial class WireScenarios
{
    private static IEnumerable<WireScenario> Resources() =>
    [
        new("look an app up", async run =>
        {
            await run.Client.Apps.GetAsync("new", createIfMissing: true, cancellationToken: run.CancellationToken);
            await WireRun.RefusedAsync(() => run.Client.Apps.GetAsync("none", cancellationToken: run.CancellationToken));
        }),

        new("look a secret up", async run =>
        {
            await run.Client.Secrets.GetAsync("warehouse", ["WAREHOUSE_KEY"], cancellationToken: run.CancellationToken);
            await WireRun.RefusedAsync(() => run.Client.Secrets.GetAsync("none", cancellationToken: run.CancellationToken));
        }),

        new("look a volume up and delete it", async run =>
        {
            await run.Client.Volumes.GetAsync("new", createIfMissing: true, cancellationToken: run.CancellationToken);
            await run.Client.Volumes.DeleteAsync("new", cancellationToken: run.CancellationToken);
        }),

        new("look things up in another environment", async run =>
        {
            const string Environment = "staging";
            await run.Client.Apps.GetAsync("new", createIfMissing: true, Environment, run.CancellationToken);
            await run.Client.Secrets.GetAsync("warehouse", environment: Environment, cancellationToken: run.CancellationToken);
            await run.Client.Volumes.GetAsync("new", createIfMissing: true, Environment, cancellationToken: run.CancellationToken);
            await WireRun.RefusedAsync(() => run.Client.Apps.GetAsync("new", createIfMissing: true, "nowhere", run.CancellationToken));
        }),

        new("make an environment, list and delete it", async run =>
        {
            await run.Client.Environments.CreateAsync("passing", isRestricted: true, "viewer", run.CancellationToken);
            await WireRun.RefusedAsync(() => run.Client.Environments.CreateAsync("passing", cancellationToken: run.CancellationToken));
            await run.Client.Environments.GetAsync("passing", cancellationToken: run.CancellationToken);
            await run.Client.Environments.ListAsync(run.CancellationToken);
            await run.Client.Environments.DeleteAsync("passing", run.CancellationToken);
            await run.Client.Environments.GetAsync("passing", createIfMissing: true, run.CancellationToken);
            await run.Client.Environments.DeleteAsync("passing", run.CancellationToken);
            await WireRun.RefusedAsync(() => run.Client.Environments.GetAsync("passing", cancellationToken: run.CancellationToken));
        }),

        new("ask for an app's information and list apps", async run =>
        {
            var app = await run.Client.Apps.GetAsync("described", createIfMissing: true, cancellationToken: run.CancellationToken);
            await run.Client.Apps.GetInfoAsync(app.Id, run.CancellationToken);
            await run.Client.Environments.GetAsync("staging", cancellationToken: run.CancellationToken);
            await run.Client.Apps.ListAsync("staging", run.CancellationToken);
        }),

        new("delete a secret", async run =>
        {
            await run.Client.Environments.CreateAsync("secretive", cancellationToken: run.CancellationToken);
            await run.Client.Secrets.DeleteAsync("registry", environment: "secretive", cancellationToken: run.CancellationToken);
            await run.Client.Secrets.DeleteAsync("registry", allowMissing: true, "secretive", run.CancellationToken);
            await run.Client.Environments.DeleteAsync("secretive", run.CancellationToken);
        }),

        new("look a volume of a version up", async run =>
        {
            await run.Client.Volumes.GetAsync("versioned", createIfMissing: true, version: ModalVolumeVersion.V2, cancellationToken: run.CancellationToken);
            await WireRun.RefusedAsync(() => run.Client.Volumes.GetAsync("versioned", version: ModalVolumeVersion.V1, cancellationToken: run.CancellationToken));
            await run.Client.Volumes.DeleteAsync("versioned", cancellationToken: run.CancellationToken);
            await run.Client.Volumes.DeleteAsync("versioned", allowMissing: true, cancellationToken: run.CancellationToken);
        }),

        new("mount an ephemeral volume", async run =>
        {
            await using var volume = await run.Client.Volumes.CreateEphemeralAsync(cancellationToken: run.CancellationToken);
            var mounts = new Dictionary<string, ModalVolumeMount> { ["/data"] = volume, ["/part"] = new() { Id = volume.Id, ReadOnly = true, SubPath = "part" } };
            await run.WithSandboxAsync(WireRun.Defaults with { Volumes = mounts }, _ => Task.CompletedTask);
        }),

        new("mount cloud buckets", run => run.WithSandboxAsync(
            WireRun.Defaults with
            {
                CloudBucketMounts = new Dictionary<string, ModalCloudBucketMount>
                {
                    ["/bare"] = "bare",
                    ["/full"] = new()
                    {
                        BucketName = "full",
                        Secret = ModalSecret.FromName("warehouse"),
                        ReadOnly = true,
                        RequesterPays = true,
                        EndpointUrl = "https://account.r2.cloudflarestorage.com",
                        KeyPrefix = "reports/",
                        OidcAuthRoleArn = "arn:aws:iam::1:role/reader",
                    },
                    ["/google"] = new()
                    {
                        BucketName = "google",
                        Secret = ModalSecret.FromValues([new("AWS_ACCESS_KEY_ID", "id")]),
                        EndpointUrl = "https://storage.googleapis.com",
                    },
                    ["/other"] = new() { BucketName = "other", EndpointUrl = "https://minio.example:9000" },
                },
            },
            _ => Task.CompletedTask)),

        new("reload volumes", run => run.WithSandboxAsync(
            WireRun.Defaults with { Volumes = new Dictionary<string, ModalVolumeMount> { ["/data"] = new() { Name = "reloaded", CreateIfMissing = true } } },
            sandbox => sandbox.ReloadVolumesAsync(cancellationToken: run.CancellationToken))),
    ];
}
