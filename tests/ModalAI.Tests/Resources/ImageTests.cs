using ModalAI.Protocol;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Resources;

/// <summary>Descriptions and names of images.</summary>
public sealed class ImageTests
{
    private static readonly ModalImage Python = ModalImage.FromRegistry("python:3.13-slim");

    [Fact]
    public void WithDockerfileCommands_None_IsTheSameImage()
    {
        Assert.Same(Python, Python.WithDockerfileCommands());
        Assert.Same(Python, Python.WithDockerfileCommands([], new ModalImageLayerOptions { ForceBuild = true }));
    }

    [Fact]
    public void WithDockerfileCommands_Some_LeavesTheImageAsItWas()
    {
        var commands = new List<string> { "RUN one" };
        var layered = Python.WithDockerfileCommands(commands);
        commands.Add("RUN two");

        Assert.Empty(Python.Layers);
        Assert.Equal(["RUN one"], Assert.Single(layered.Layers).Commands);
        Assert.Equal("python:3.13-slim", layered.RegistryTag);
        Assert.Equal("python:3.13-slim with 1 layer", layered.ToString());
    }

    [Fact]
    public void WithDockerfileCommands_OnAnId_HasNoIdUntilItIsBuilt()
    {
        Assert.Equal("im-1", ModalImage.FromId("im-1").Id);
        Assert.Null(ModalImage.FromId("im-1").WithDockerfileCommands("RUN true").Id);
    }

    [Theory]
    [InlineData("COPY . /app")]
    [InlineData("  copy file /app/file")]
    [InlineData("COPY --chown=1:1 a b")]
    [InlineData("")]
    [InlineData("  ")]
    public void WithDockerfileCommands_LocalCopyOrNothing_IsRefused(string command)
        => Assert.Throws<ArgumentException>("commands", () => Python.WithDockerfileCommands("RUN true", command));

    [Theory]
    [InlineData("COPY --from=alpine:3 /bin/busybox /bin/busybox")]
    [InlineData("copy --FROM=base /a /b")]
    [InlineData("ADD https://example.com/a /a")]
    [InlineData("RUN echo COPY x y")]
    public void WithDockerfileCommands_OtherCommands_AreTaken(string command)
        => Assert.Equal([command], Assert.Single(Python.WithDockerfileCommands(command).Layers).Commands);

    [Fact]
    public void WithDockerfileCommands_BadOptions_AreRefused()
    {
        Assert.Throws<ArgumentException>("options", () => Python.WithDockerfileCommands(["RUN x"], new ModalImageLayerOptions { Gpu = "T4:none" }));
        Assert.Throws<ArgumentException>(
            "options",
            () => Python.WithDockerfileCommands(["RUN x"], new ModalImageLayerOptions { EnvironmentVariables = new Dictionary<string, string> { ["A-B"] = "1" } }));
    }

    [Fact]
    public void LayerOptions_AsText_HoldNoValues()
    {
        var options = new ModalImageLayerOptions
        {
            EnvironmentVariables = new Dictionary<string, string> { ["A"] = "s3cret-value" },
            Secrets = [ModalSecret.FromValues([new("B", "s3cret-value")])],
        };

        Assert.DoesNotContain("s3cret-value", options.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret-value", Python.WithDockerfileCommands(["RUN x"], options).ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tools", null, "tools:latest", "main")]
    [InlineData("tools:v2", null, "tools:v2", "main")]
    [InlineData("tools", "staging", "tools:latest", "staging")]
    [InlineData("staging/tools:v2", null, "staging/tools:v2", "")]
    [InlineData("team/staging/tools", null, "team/staging/tools:latest", "")]
    public async Task GetByName_Name_SendsTagAndEnvironmentAsTheSdkDoes(string name, string? environment, string tag, string sentEnvironment)
    {
        await using var server = await ImageServer.StartAsync();
        await using var client = server.CreateClient();

        var image = await client.Images.GetByNameAsync(name, environment, TestTimeout.Token);
        await client.Images.PublishAsync(image, name, environment, TestTimeout.Token);

        Assert.Equal("im-named", image.Id);
        Assert.Equal(
            [
                new ImageGetByTagRequest { Tag = tag, EnvironmentName = sentEnvironment },
                new ImagePublishRequest { ImageId = "im-named", Tag = tag, EnvironmentName = sentEnvironment },
            ],
            server.Others);
    }

    [Theory]
    [InlineData("/tools", null)]
    [InlineData("staging/", null)]
    [InlineData("im-tools", null)]
    [InlineData("staging/im-tools", null)]
    [InlineData("tools:", null)]
    [InlineData("tools:a:b", null)]
    [InlineData("too ls", null)]
    [InlineData("staging/tools", "main")]
    public async Task GetByName_MalformedName_IsRefusedHere(string name, string? environment)
    {
        await using var server = await ImageServer.StartAsync();
        await using var client = server.CreateClient();

        await Assert.ThrowsAsync<ArgumentException>(() => client.Images.GetByNameAsync(name, environment, TestTimeout.Token));
        await Assert.ThrowsAsync<ArgumentException>(() => client.Images.PublishAsync(ModalImage.FromId("im-1"), name, environment, TestTimeout.Token));
        Assert.Empty(server.Others);
    }

    [Fact]
    public async Task GetByName_NotPublished_IsNotFound()
    {
        await using var server = await ImageServer.StartAsync();
        await using var client = server.CreateClient();

        var exception = await Assert.ThrowsAsync<ModalException>(() => client.Images.GetByNameAsync("missing", cancellationToken: TestTimeout.Token));

        Assert.Equal(ModalErrorCode.NotFound, exception.Code);
        Assert.Contains("'missing:latest' in environment 'main'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Publish_ImageThatIsNotBuilt_IsRefusedHere()
    {
        await using var server = await ImageServer.StartAsync();
        await using var client = server.CreateClient();

        await Assert.ThrowsAsync<ArgumentException>("image", () => client.Images.PublishAsync(Python, "tools", cancellationToken: TestTimeout.Token));
    }

    [Fact]
    public async Task Delete_Image_IsDeletedAndForgotten()
    {
        await using var server = await ImageServer.StartAsync();
        await using var client = server.CreateClient();
        var image = await client.Images.BuildAsync(Python, server.App, TestTimeout.Token);

        await client.Images.DeleteAsync(image.Id!, TestTimeout.Token);
        await client.Images.BuildAsync(Python, server.App, TestTimeout.Token);

        Assert.Equal([new ImageDeleteRequest { ImageId = "im-1" }], server.Others);
        Assert.Equal(2, server.Builds.Count);
    }

    [Fact]
    public async Task Delete_MissingImage_IsNotFound()
    {
        await using var server = await ImageServer.StartAsync();
        await using var client = server.CreateClient();

        var exception = await Assert.ThrowsAsync<ModalException>(() => client.Images.DeleteAsync("im-missing", TestTimeout.Token));

        Assert.Equal(ModalErrorCode.NotFound, exception.Code);
        await Assert.ThrowsAsync<ArgumentException>("id", () => client.Images.DeleteAsync("python:3.13-slim", TestTimeout.Token));
    }
}
