using System.Security.Cryptography;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using ModalAI.TestSupport;
using NSubstitute;

namespace ModalAI.Tests.DependencyInjection;

public sealed class ArtifactSinkTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    [Fact]
    public void Publish_IsAFunctionOnlyWhereThereIsASink()
    {
        using var services = Register(new ServiceCollection(), "").UseArtifactSink<Sink>()
            .Services.AddModalSandbox("other").ConfigureClient(Connect).Services.BuildServiceProvider();
        using var none = Register(new ServiceCollection(), "").Services.BuildServiceProvider();
        using var one = Register(Register(new ServiceCollection(), "a").UseArtifactSink(new Sink()).Services, "b").Services.BuildServiceProvider();

        Assert.True(Publishes(services.GetRequiredService<ModalSandboxTools>()));
        Assert.True(Publishes(services.GetRequiredKeyedService<ModalSandboxTools>("other")));
        Assert.False(Publishes(none.GetRequiredService<ModalSandboxTools>()));
        Assert.True(Publishes(one.GetRequiredKeyedService<ModalSandboxTools>("a")));
        Assert.False(Publishes(one.GetRequiredKeyedService<ModalSandboxTools>("b")));
    }

    [Fact]
    public void UseArtifactSink_Twice_KeepsTheLastOfEachRegistration()
    {
        var (plain, named) = (new Sink(), new Sink());
        using var services = Register(new ServiceCollection(), "").UseArtifactSink<Sink>().UseArtifactSink(plain)
            .Services.AddModalSandbox("a").UseArtifactSink(named)
            .Services.AddModalSandbox("b").UseArtifactSink(named).UseArtifactSink<Sink>()
            .Services.BuildServiceProvider();

        Assert.Same(plain, Assert.Single(services.GetServices<IModalArtifactSink>()));
        Assert.Same(named, Assert.Single(services.GetKeyedServices<IModalArtifactSink>("a")));
        var made = Assert.Single(services.GetKeyedServices<IModalArtifactSink>("b"));
        Assert.NotSame(named, made);
        Assert.Same(made, services.GetRequiredKeyedService<IModalArtifactSink>("b"));
    }

    [Fact]
    public async Task PublishFile_OfARegistration_StreamsToItsOwnSinkAndNamesNothingOfTheHost()
    {
        var (plain, named) = (new Sink(), new Sink());
        await using var services = Register(Register(new ServiceCollection(), "").UseArtifactSink(plain).Services, "a").UseArtifactSink(named).Services.BuildServiceProvider();
        await using var session = services.GetRequiredKeyedService<ModalSandboxTools>("a").OpenSession();
        var publish = Find(session.Tools, "publish_file");

        var made = await InvokeAsync(Find(session.Tools, "bash"), ("command", "mkdir -p /tmp/out; yes 0123456789abcde | head -c 20000000 > /tmp/out/big.txt"));
        var answer = await InvokeAsync(publish, ("path", "/tmp/out/../out/big.txt"));
        var missing = await InvokeAsync(publish, ("path", "/tmp/out/none"));

        Assert.StartsWith("exit code 0", made, StringComparison.Ordinal);
        Assert.Equal("published '/tmp/out/../out/big.txt' as 'big.txt' (text/plain, 20000000 bytes)", answer);
        var (name, type, length, hash) = Assert.Single(named.Published);
        Assert.Equal(("big.txt", "text/plain", 20_000_000L), (name, type, length));
        Assert.Equal(Convert.ToHexString(SHA256.HashData([.. Enumerable.Range(0, 20_000_000).Select(static i => (byte)"0123456789abcde\n"[i % 16])])), hash);
        Assert.StartsWith("Error: ", missing, StringComparison.Ordinal);
        Assert.Empty(plain.Published);
        Assert.Equal(["path"], publish.JsonSchema.GetProperty("properties").EnumerateObject().Select(static property => property.Name));
        Assert.DoesNotContain(typeof(ModalArtifact).GetProperties(), static property => property.Name.Contains("Path", StringComparison.Ordinal));
    }

    [Fact]
    public async Task PublishFile_SinkThatNeverEnds_IsToldWhenItsTimeIsOver()
    {
        await using var lifetime = await CreateSandboxAsync();
        await lifetime.Sandbox.ExecuteAsync("echo x >/tmp/file", TestTimeout.Token);
        var sink = Substitute.For<IModalArtifactSink>();
        sink.PublishAsync(Arg.Any<ModalArtifact>(), Arg.Any<CancellationToken>()).Returns(new TaskCompletionSource().Task);
        var tools = new ModalSandboxTools(lifetime.Sandbox, new ModalSandboxToolOptions { PublishTimeout = TimeSpan.FromSeconds(1) }, sink);

        Assert.Contains("was not taken within 1 s", await InvokeAsync(Find(tools, "publish_file"), ("path", "/tmp/file")), StringComparison.Ordinal);
    }

    private static bool Publishes(ModalSandboxTools tools) => tools.Any(static tool => tool.Name == "publish_file");

    private static AIFunction Find(ModalSandboxTools tools, string name) => tools.OfType<AIFunction>().Single(tool => tool.Name == name);

    private static async Task<string> InvokeAsync(AIFunction function, params (string Name, object? Value)[] arguments) => Assert.IsType<string>(
        await function.InvokeAsync(new AIFunctionArguments(arguments.ToDictionary(static argument => argument.Name, static argument => argument.Value)), TestTimeout.Token));

    private IModalSandboxBuilder Register(IServiceCollection services, string name) =>
        (name.Length == 0 ? services.AddModalSandbox() : services.AddModalSandbox(name)).ConfigureClient(Connect);

    private void Connect(ModalClientOptions options)
    {
        (options.ServerUrl, options.TokenId, options.TokenSecret) = (Fixture.Emulator.ServerUrl, "ak-test", "as-test");
        (options.UseEnvironmentVariables, options.UseConfigurationFile) = (false, false);
    }

    private sealed class Sink : IModalArtifactSink
    {
        public List<(string Name, string Type, long Length, string Hash)> Published { get; } = [];

        public async Task PublishAsync(ModalArtifact artifact, CancellationToken cancellationToken = default) => Published.Add(
            (artifact.Name, artifact.MediaType, artifact.Length, Convert.ToHexString(await SHA256.HashDataAsync(artifact.Content, cancellationToken))));
    }
}
