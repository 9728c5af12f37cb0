using ModalAI.Protocol;
using ModalAI.TestSupport;
using static ModalAI.Protocol.GenericResult.Types;

namespace ModalAI.Tests.Resources;

/// <summary>Builds of images: what is asked of Modal, as its own SDK asks it.</summary>
public sealed class ImageBuildTests : IAsyncLifetime
{
    private static readonly ModalImage Python = ModalImage.FromRegistry("python:3.13-slim");

    private ImageServer _server = null!;
    private ModalClient _client = null!;

    public async Task InitializeAsync()
    {
        _server = await ImageServer.StartAsync();
        _client = _server.CreateClient();
    }

    public async Task DisposeAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Build_RegistryTag_SendsOneLayerWithTheEnvironmentsBuilder()
    {
        var built = await BuildAsync(Python);

        Assert.Equal("im-1", built.Id);
        Assert.Equal("production", Assert.Single(_server.Environments).DeploymentName);
        Assert.Equal(
            new ImageGetOrCreateRequest { AppId = "ap-1", BuilderVersion = ImageServer.BuilderVersion, Image = new Image { DockerfileCommands = { "FROM python:3.13-slim" } } },
            Assert.Single(_server.Builds));
        Assert.Empty(_server.Joins);
    }

    [Fact]
    public async Task Build_BuilderVersionInOptions_IsSentInsteadOfTheEnvironments()
    {
        await using var client = _server.CreateClient(static options => options.ImageBuilderVersion = "2025.06");

        await client.Images.BuildAsync(Python, _server.App, TestTimeout.Token);

        Assert.Empty(_server.Environments);
        Assert.Equal("2025.06", Assert.Single(_server.Builds).BuilderVersion);
    }

    [Theory]
    [InlineData("registry", RegistryAuthType.StaticCreds)]
    [InlineData("aws", RegistryAuthType.Aws)]
    [InlineData("gcp", RegistryAuthType.Gcp)]
    public async Task Build_PrivateRegistry_SendsItsSecretWithTheFirstLayerOnly(string kind, object type)
    {
        var secret = ModalSecret.FromName("registry-login");
        var image = kind switch
        {
            "aws" => ModalImage.FromAwsEcr("private/image", secret),
            "gcp" => ModalImage.FromGcpArtifactRegistry("private/image", secret),
            _ => ModalImage.FromRegistry("private/image", secret),
        };

        await BuildAsync(image.WithDockerfileCommands("RUN true"));

        var builds = _server.Builds.ToArray();
        Assert.Equal(new ImageRegistryConfig { RegistryAuthType = (RegistryAuthType)type, SecretId = "st-registry-login" }, builds[0].Image.ImageRegistryConfig);
        Assert.Null(builds[1].Image.ImageRegistryConfig);
    }

    [Fact]
    public async Task Build_Layers_AreBuiltEachOnTheOneBefore()
    {
        var image = Python
            .WithDockerfileCommands(["RUN pip install requests", "WORKDIR /app"])
            .WithDockerfileCommands(
                ["RUN make"],
                new ModalImageLayerOptions
                {
                    EnvironmentVariables = new Dictionary<string, string> { ["LEVEL"] = "3" },
                    Secrets = [ModalSecret.FromName("named"), ModalSecret.FromValues([new("TOKEN", "value")])],
                    Gpu = "a100:2",
                    ForceBuild = true,
                });

        var built = await BuildAsync(image);

        Assert.Equal("im-3", built.Id);
        var builds = _server.Builds.ToArray();
        Assert.Equal(
            new Image { DockerfileCommands = { "FROM base", "RUN pip install requests", "WORKDIR /app" }, BaseImages = { new BaseImage { DockerTag = "base", ImageId = "im-1" } } },
            builds[1].Image);
        Assert.False(builds[1].ForceBuild);
        Assert.Equal(
            new Image
            {
                DockerfileCommands = { "FROM base", "RUN make" },
                BaseImages = { new BaseImage { DockerTag = "base", ImageId = "im-2" } },
                SecretIds = { "st-named", "st-of-TOKEN", "st-of-LEVEL" },
                GpuConfig = new GPUConfig { GpuType = "A100", Count = 2 },
            },
            builds[2].Image);
        Assert.True(builds[2].ForceBuild);
        Assert.Equal(2, _server.Secrets.Count(static request => request.ObjectCreationType == ObjectCreationType.Ephemeral));
    }

    [Fact]
    public async Task Build_LayerOnAnImageById_StartsFromThatImage()
    {
        await BuildAsync(ModalImage.FromId("im-snapshot").WithDockerfileCommands("RUN true"));

        Assert.Equal(
            new Image { DockerfileCommands = { "FROM base", "RUN true" }, BaseImages = { new BaseImage { DockerTag = "base", ImageId = "im-snapshot" } } },
            Assert.Single(_server.Builds).Image);
    }

    [Fact]
    public async Task Build_ImageById_AsksNothing()
    {
        var image = ModalImage.FromId("im-known");

        Assert.Same(image, await BuildAsync(image));
        Assert.Empty(_server.Builds);
        Assert.Empty(_server.Environments);
    }

    [Fact]
    public async Task Build_SameRecipeAgain_IsRemembered()
    {
        var first = await BuildAsync(Layered());
        var second = await BuildAsync(Layered());

        Assert.Equal(first, second);
        Assert.Equal(2, _server.Builds.Count);

        static ModalImage Layered() => Python.WithDockerfileCommands(
            ["RUN x"], new ModalImageLayerOptions { EnvironmentVariables = new Dictionary<string, string> { ["A"] = "1", ["B"] = "2" } });
    }

    [Fact]
    public async Task Build_AnotherCommandVariableSecretGpuOrApp_IsAnotherImage()
    {
        ModalImageLayerOptions[] options =
        [
            new(),
            new() { EnvironmentVariables = new Dictionary<string, string> { ["A"] = "1" } },
            new() { EnvironmentVariables = new Dictionary<string, string> { ["A"] = "2" } },
            new() { Secrets = [ModalSecret.FromName("A")] },
            new() { Secrets = [ModalSecret.FromValues([new("A", "1")])] },
            new() { Gpu = "T4" },
        ];
        foreach (var option in options)
        {
            await BuildAsync(Python.WithDockerfileCommands(["RUN x"], option));
        }

        await BuildAsync(Python.WithDockerfileCommands("RUN", "x"));
        await _client.Images.BuildAsync(Python, new ModalApp("ap-2", "other", "production"), TestTimeout.Token);

        Assert.Equal(1 + options.Length + 1 + 1, _server.Builds.Count);
    }

    [Fact]
    public async Task Build_ForcedLayer_IsBuiltEachTimeAndWhatIsAboveItWithIt()
    {
        var image = Python
            .WithDockerfileCommands(["RUN date"], new ModalImageLayerOptions { ForceBuild = true })
            .WithDockerfileCommands("RUN true");

        await BuildAsync(image);
        await BuildAsync(image);

        Assert.Equal(5, _server.Builds.Count);
        Assert.Equal([false, true, false, true, false], _server.Builds.Select(static build => build.ForceBuild));
    }

    [Theory]
    [InlineData(GenericStatus.Failure, "failed: exit code 7")]
    [InlineData(GenericStatus.MemoryManagerEviction, "failed: exit code 7")]
    [InlineData(GenericStatus.Terminated, "was ended by Modal; try again: exit code 7")]
    [InlineData(GenericStatus.Timeout, "took longer than Modal lets it: exit code 7")]
    [InlineData(GenericStatus.InternalFailure, "ended with InternalFailure: exit code 7")]
    public async Task Build_Fails_SaysWhichLayerAndWhyAndIsNotRemembered(object status, string expected)
    {
        _server.Build = request => request.Image.BaseImages.Count == 0
            ? ImageServer.Ended(GenericStatus.Success)
            : ImageServer.Ended((GenericStatus)status, "exit code 7");
        var image = Python.WithDockerfileCommands("RUN exit 7");

        var exception = await Assert.ThrowsAsync<ModalException>(() => BuildAsync(image));

        Assert.Equal(ModalErrorCode.ImageBuildFailed, exception.Code);
        Assert.Contains("layer 1 of 1 of image 'python:3.13-slim' (im-2)", exception.Message, StringComparison.Ordinal);
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
        _server.Build = static _ => ImageServer.Ended(GenericStatus.Success);
        Assert.Equal("im-3", (await BuildAsync(image)).Id);
    }

    [Fact]
    public async Task Build_ManyAtOnce_IsAskedForOnce()
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _server.Build = static _ => new ImageGetOrCreateResponse();
        _server.Join = async (_, writer, token) =>
        {
            started.TrySetResult();
            await go.Task.WaitAsync(token);
            await writer.WriteAsync(ImageServer.JoinEnded(GenericStatus.Success), token);
        };

        var first = BuildAsync(Python);
        await started.Task.WaitAsync(TestTimeout.Token);
        Task<ModalImage>[] others = [BuildAsync(Python), BuildAsync(Python), BuildAsync(Python)];
        go.SetResult();

        var all = await Task.WhenAll([first, .. others]);
        Assert.All(all, static image => Assert.Equal("im-1", image.Id));
        Assert.Single(_server.Builds);
    }

    private Task<ModalImage> BuildAsync(ModalImage image) => _client.Images.BuildAsync(image, _server.App, TestTimeout.Token);
}
