namespace ModalAI.Conformance.Wire;

#pragma warning disable MODALAI001 // Outbound policies may change.
internal static partial class WireScenarios
{
    private static IEnumerable<WireScenario> Networks() =>
    [
        new("create with network options", async run => await run.WithSandboxAsync(
            WireRun.Defaults with
            {
                InboundCidrAllowlist = ["203.0.113.0/24"],
                I6pn = true,
                Proxy = await run.Client.Proxies.GetAsync("static", cancellationToken: run.CancellationToken),
                ReadinessProbe = ModalProbe.Tcp(8080),
            },
            _ => Task.CompletedTask)),

        new("create with a probe command", run => run.WithSandboxAsync(
            WireRun.Defaults with { ReadinessProbe = ModalProbe.Exec(["test", "-e", "/ready"], TimeSpan.FromMilliseconds(250)) }, _ => Task.CompletedTask)),

        new("create with an outbound policy", run =>
        {
            var policy = ModalOutboundPolicy.Empty
                .WithHeaderReplacement("api.example.com", [new("authorization", "Bearer $WAREHOUSE_KEY")], ModalSecret.FromName("warehouse"))
                .WithHeaderReplacement("*", [new("x-plain", "$$5")]);
            return run.WithSandboxAsync(WireRun.Defaults with { OutboundPolicy = policy }, sandbox => sandbox.SetOutboundPolicyAsync(policy, run.CancellationToken));
        }),

        new("tunnels known from the creation", run => run.WithSandboxAsync(
            WireRun.Defaults with { EncryptedPorts = [8080], H2Ports = [8081] }, sandbox => sandbox.GetTunnelsAsync(cancellationToken: run.CancellationToken))),

        new("tunnels asked for", run => run.WithSandboxAsync(
            WireRun.Defaults with { EncryptedPorts = [8080], UnencryptedPorts = [2222] },
            async sandbox =>
            {
                await sandbox.GetTunnelsAsync(TimeSpan.FromSeconds(20), run.CancellationToken);
                await sandbox.GetTunnelsAsync(cancellationToken: run.CancellationToken);
            })),

        new("connect tokens", run => run.WithSandboxAsync(async sandbox =>
        {
            await sandbox.CreateConnectTokenAsync(cancellationToken: run.CancellationToken);
            await sandbox.CreateConnectTokenAsync(new() { Port = 9000, UserMetadata = "user-7" }, run.CancellationToken);
        })),

        new("update of the network policy", run => run.WithSandboxAsync(
            WireRun.Defaults with { OutboundCidrAllowlist = [] },
            async sandbox =>
            {
                await sandbox.UpdateNetworkPolicyAsync(["203.0.113.0/24"], ["*.example.com"], run.CancellationToken);
                await sandbox.UpdateNetworkPolicyAsync([], [], run.CancellationToken);
            })),

        new("proxy that is not there", run => WireRun.RefusedAsync(
            () => run.Client.Proxies.GetAsync("nobody", "staging", run.CancellationToken))),
    ];
}
