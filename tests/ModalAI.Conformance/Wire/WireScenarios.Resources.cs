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
    ];
}
