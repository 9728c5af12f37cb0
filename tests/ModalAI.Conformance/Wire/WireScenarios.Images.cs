namespace ModalAI.Conformance.Wire;

internal static partial class WireScenarios
{
    private static IEnumerable<WireScenario> Images() =>
    [
        new("build an image", async run =>
        {
            var image = await BuildAsync(run, ModalImage.FromRegistry("python:3.13-slim"));
            await run.Client.Images.GetAsync(image.Id!, run.CancellationToken);
            await run.WithSandboxAsync(WireRun.Defaults with { Image = image }, _ => Task.CompletedTask);
        }),

        new("build an image in layers", run => BuildAsync(
            run,
            ModalImage.FromRegistry(WireRun.Tag)
                .WithDockerfileCommands("RUN true", "ENV A=1")
                .WithDockerfileCommands(["RUN echo layer"]))),

        new("build a layer with everything", run => BuildAsync(
            run,
            ModalImage.FromRegistry(WireRun.Tag).WithDockerfileCommands(
                ["RUN echo options"],
                new()
                {
                    EnvironmentVariables = new Dictionary<string, string> { ["B"] = "2" },
                    Secrets = [ModalSecret.FromName("warehouse"), ModalSecret.FromValues([new("A", "1")])],
                    Gpu = "T4:2",
                    ForceBuild = true,
                }))),

        new("build on an image id", async run =>
        {
            var image = await BuildAsync(run, ModalImage.FromRegistry(WireRun.Tag));
            await BuildAsync(run, ModalImage.FromId(image.Id!).WithDockerfileCommands("RUN echo on"));
        }),

        new("build an image of a private registry", run => BuildAsync(run, ModalImage.FromRegistry("ghcr.io/owner/private:1", ModalSecret.FromName("registry")))),

        new("build an image of a private registry with values", run => BuildAsync(
            run, ModalImage.FromRegistry("ghcr.io/owner/values:1", ModalSecret.FromValues([new("REGISTRY_USERNAME", "u"), new("REGISTRY_PASSWORD", "p")])))),

        new("build an image of AWS", run => BuildAsync(run, ModalImage.FromAwsEcr("1234.dkr.ecr.us-east-1.amazonaws.com/a:1", ModalSecret.FromName("aws")))),

        new("build an image of Google", run => BuildAsync(run, ModalImage.FromGcpArtifactRegistry("us-docker.pkg.dev/p/r/a:1", ModalSecret.FromName("gcp")))),

        new("create with layers", run => run.WithSandboxAsync(
            WireRun.Defaults with { Image = ModalImage.FromRegistry(WireRun.Tag).WithDockerfileCommands("RUN echo sandbox") }, _ => Task.CompletedTask)),

        new("publish an image and find it by name", async run =>
        {
            var image = await BuildAsync(run, ModalImage.FromRegistry(WireRun.Tag));
            await run.Client.Images.PublishAsync(image, "base", cancellationToken: run.CancellationToken);
            await run.Client.Images.PublishAsync(image, "base:v2", cancellationToken: run.CancellationToken);
            await run.Client.Images.GetByNameAsync("base", cancellationToken: run.CancellationToken);
            await run.Client.Images.GetByNameAsync("base:v2", "main", run.CancellationToken);
            await WireRun.RefusedAsync(() => run.Client.Images.GetByNameAsync("main/base:v2", cancellationToken: run.CancellationToken));
        }),

        new("delete an image", async run =>
        {
            var image = await BuildAsync(run, ModalImage.FromRegistry(WireRun.Tag).WithDockerfileCommands("RUN echo deleted"));
            await run.Client.Images.DeleteAsync(image.Id!, run.CancellationToken);
        }),
    ];

    private static async Task<ModalImage> BuildAsync(WireRun run, ModalImage image) =>
        await run.Client.Images.BuildAsync(image, await run.AppAsync(), run.CancellationToken);
}
