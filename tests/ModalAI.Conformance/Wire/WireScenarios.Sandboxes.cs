using ModalAI.Conformance.Support;

namespace ModalAI.Conformance.Wire;

internal static partial class WireScenarios
{
    private static IEnumerable<WireScenario> Sandboxes() =>
    [
        new("create with nothing said", run => run.WithSandboxAsync(_ => Task.CompletedTask)),

        new("create with everything", run => run.WithSandboxAsync(
            WireRun.Defaults with
            {
                Name = "with-everything",
                Tags = new Dictionary<string, string> { ["team"] = "a", ["run"] = "1" },
                Timeout = TimeSpan.FromMinutes(10),
                IdleTimeout = TimeSpan.FromMinutes(2),
                WorkingDirectory = "/tmp",
                Command = ["sleep", "600"],
                Cpu = 0.5,
                CpuLimit = 1.25,
                MemoryMiB = 256,
                MemoryLimitMiB = 512,
                Regions = ["us-east", "eu-west"],
                Cloud = "aws",
                Verbose = true,
            },
            _ => Task.CompletedTask)),

        new("create with a GPU", run => run.WithSandboxAsync(WireRun.Defaults with { Gpu = "a100:2" }, _ => Task.CompletedTask)),

        new("create with ports", run => run.WithSandboxAsync(
            WireRun.Defaults with { EncryptedPorts = [8080, 8081], H2Ports = [9090], UnencryptedPorts = [2222] }, _ => Task.CompletedTask)),

        new("create without network", run => run.WithSandboxAsync(WireRun.Defaults with { BlockNetwork = true }, _ => Task.CompletedTask)),

        new("create with allowlists", run => run.WithSandboxAsync(
            WireRun.Defaults with { OutboundCidrAllowlist = ["10.0.0.0/8"], OutboundDomainAllowlist = ["*.example.com", "modal.com"] }, _ => Task.CompletedTask)),

        new("create with an empty allowlist", run => run.WithSandboxAsync(WireRun.Defaults with { OutboundCidrAllowlist = [] }, _ => Task.CompletedTask)),

        new("create with secrets and variables", run => run.WithSandboxAsync(
            WireRun.Defaults with
            {
                Secrets = [ModalSecret.FromValues([new("A", "1"), new("B", "1")]), ModalSecret.FromName("warehouse"), ModalSecret.FromValues([new("B", "2")])],
                EnvironmentVariables = new Dictionary<string, string> { ["C"] = "3", ["D"] = "" },
            },
            _ => Task.CompletedTask)),

        new("create with a secret of no values", run => run.WithSandboxAsync(
            WireRun.Defaults with { Secrets = [ModalSecret.FromValues([])] }, _ => Task.CompletedTask)),

        new("create with volumes", run => run.WithSandboxAsync(
            WireRun.Defaults with
            {
                Volumes = new Dictionary<string, ModalVolumeMount>
                {
                    ["/data"] = new() { Name = "data", CreateIfMissing = true },
                    ["/read"] = new() { Name = "read", CreateIfMissing = true, ReadOnly = true },
                    ["/part"] = new() { Name = "part", CreateIfMissing = true, SubPath = "reports/2026" },
                },
            },
            _ => Task.CompletedTask)),

        new("create with a runtime and an identity", run => run.WithSandboxAsync(
            WireRun.Defaults with
            {
                Runtime = ModalSandboxRuntime.GVisor,
                CustomDomain = "sandboxes.example.com",
                IncludeOidcIdentityToken = true,
            },
            _ => Task.CompletedTask)),

        new("create with experimental options", run => run.WithSandboxAsync(
            WireRun.Defaults with { ExperimentalOptions = new Dictionary<string, string> { ["some_option"] = "true", ["other"] = "text" } },
            _ => Task.CompletedTask)) { MayBeRefused = true },

        new("name a sandbox later", run => run.WithSandboxAsync(async sandbox =>
        {
            await sandbox.SetNameAsync("later", run.CancellationToken);
            await run.Client.Sandboxes.GetByNameAsync(WireRun.AppName, "later", cancellationToken: run.CancellationToken);
        })) { Backends = [Backend.V2] },

        new("find one that has ended by name", async run =>
        {
            await run.WithSandboxAsync(WireRun.Defaults with { Name = "ended" }, sandbox => sandbox.TerminateAndWaitAsync(cancellationToken: run.CancellationToken));
            await run.Client.Sandboxes.GetByNameAsync(WireRun.AppName, "ended", includeTerminated: true, cancellationToken: run.CancellationToken);
        }) { Backends = [Backend.V2] },

        new("create in an environment", run => run.WithSandboxAsync(
            WireRun.Defaults with
            {
                Environment = "staging",
                Name = "staged",
                Secrets = [ModalSecret.FromName("warehouse"), ModalSecret.FromValues([new("A", "1")])],
                Volumes = new Dictionary<string, ModalVolumeMount> { ["/data"] = new() { Name = "data", CreateIfMissing = true } },
            },
            async sandbox =>
            {
                await run.Client.Sandboxes.GetByNameAsync(WireRun.AppName, "staged", "staging", cancellationToken: run.CancellationToken);
                await ListAsync(run, new() { Environment = "staging" });
                await sandbox.ExecuteAsync(ModalCommand.Create("true") with { Secrets = [ModalSecret.FromName("warehouse")] }, run.CancellationToken);
            })),

        new("create two", run => run.WithSandboxAsync(_ => run.WithSandboxAsync(_ => Task.CompletedTask))),

        new("create with a name that is taken", run => run.WithSandboxAsync(
            WireRun.Defaults with { Name = "taken" },
            _ => WireRun.RefusedAsync(() => run.Client.Sandboxes.CreateAsync(WireRun.Defaults with { Name = "taken" }, run.CancellationToken)))),

        new("find by name", run => run.WithSandboxAsync(
            WireRun.Defaults with { Name = "by-name" },
            _ => run.Client.Sandboxes.GetByNameAsync(WireRun.AppName, "by-name", cancellationToken: run.CancellationToken))),

        new("find by a name that nobody has", run => run.WithSandboxAsync(
            _ => WireRun.RefusedAsync(() => run.Client.Sandboxes.GetByNameAsync(WireRun.AppName, "nobody", cancellationToken: run.CancellationToken)))),

        new("find by id", run => run.WithSandboxAsync(sandbox => run.Client.Sandboxes.Get(sandbox.Id).PollAsync(run.CancellationToken))),

        new("list of an app", run => run.WithSandboxAsync(_ => ListAsync(
            run, new() { AppName = WireRun.AppName, Tags = new Dictionary<string, string> { ["team"] = "a" } }))),

        new("list of the environment", run => run.WithSandboxAsync(_ => ListAsync(run, null))),

        new("tags", run => run.WithSandboxAsync(async sandbox =>
        {
            await sandbox.SetTagsAsync(new Dictionary<string, string> { ["team"] = "b" }, run.CancellationToken);
            await sandbox.GetTagsAsync(run.CancellationToken);
            await sandbox.SetTagsAsync(new Dictionary<string, string>(), run.CancellationToken);
        })),

        new("poll, terminate and wait", run => run.WithSandboxAsync(async sandbox =>
        {
            await sandbox.PollAsync(run.CancellationToken);
            await sandbox.TerminateAsync(run.CancellationToken);
            await sandbox.WaitAsync(run.CancellationToken);
        })),

        new("wait for the entrypoint", run => run.WithSandboxAsync(
            WireRun.Defaults with { Command = ["sh", "-c", "exit 3"] }, sandbox => sandbox.WaitAsync(run.CancellationToken))),
    ];

    private static async Task ListAsync(WireRun run, ModalSandboxFilter? filter)
    {
        await foreach (var _ in run.Client.Sandboxes.ListAsync(filter, run.CancellationToken))
        {
            // Compared are the requests.
        }
    }
}
