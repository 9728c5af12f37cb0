using ModalAI.TestSupport;

namespace ModalAI.Tests.Resources;

public sealed class SecretTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Secrets_OfASandboxAndACommand_LaterOnesWinAndVariablesWinOverAll(bool useV2)
    {
        await using var client = Fixture.CreateClient(options => options.UseV2 = useV2);
        var dotenv = ModalSecret.FromDotenv("WAREHOUSE_USER=dotenv\nexport FROM_FILE='a b'\n");
        await using var lifetime = new SandboxLifetime(await client.Sandboxes.CreateAsync(
            new()
            {
                AppName = "tests",
                Secrets = [dotenv, ModalSecret.FromName("warehouse-credentials")],
                EnvironmentVariables = new Dictionary<string, string> { ["WAREHOUSE_PASSWORD"] = "variable" },
            },
            TestTimeout.Token));

        var sandbox = await lifetime.Sandbox.ExecuteAsync("echo $WAREHOUSE_USER/$WAREHOUSE_PASSWORD/$FROM_FILE", TestTimeout.Token);
        var command = await lifetime.Sandbox.ExecuteAsync(
            ModalCommand.Shell("echo $WAREHOUSE_USER/$WAREHOUSE_PASSWORD") with { Secrets = [ModalSecret.FromName("warehouse-credentials"), dotenv] }, TestTimeout.Token);

        Assert.Equal(useV2, lifetime.Sandbox.IsV2);
        Assert.Equal("reader/variable/a b\n", sandbox.StandardOutput);
        Assert.Equal("dotenv/s3cret-value\n", command.StandardOutput);
    }

    [Fact]
    public async Task Get_WithoutARequiredKey_NamesTheKeysAndNoValue()
    {
        var exception = await Assert.ThrowsAsync<ModalException>(
            () => Client.Secrets.GetAsync("warehouse-credentials", ["WAREHOUSE_USER", "OTHER", "THIRD"], cancellationToken: TestTimeout.Token));

        Assert.Equal(ModalErrorCode.NotFound, exception.Code);
        Assert.Contains("OTHER, THIRD", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret-value", exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_OfAnUnknownSecretOrEnvironment_IsNotFound()
    {
        var secret = await Assert.ThrowsAsync<ModalException>(() => Client.Secrets.GetAsync("unknown", cancellationToken: TestTimeout.Token));
        var environment = await Assert.ThrowsAsync<ModalException>(
            () => Client.Secrets.GetAsync("warehouse-credentials", environment: "nowhere", cancellationToken: TestTimeout.Token));

        Assert.Equal((ModalErrorCode.NotFound, ModalErrorCode.NotFound), (secret.Code, environment.Code));
        Assert.Contains("'unknown'", secret.Message, StringComparison.Ordinal);
        Assert.Contains("'nowhere'", environment.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Delete_OfASecret_IsForGood()
    {
        await Client.Environments.CreateAsync("secrets", cancellationToken: TestTimeout.Token);
        await Client.Secrets.DeleteAsync("warehouse-credentials", environment: "secrets", cancellationToken: TestTimeout.Token);

        var again = await Assert.ThrowsAsync<ModalException>(
            () => Client.Secrets.DeleteAsync("warehouse-credentials", environment: "secrets", cancellationToken: TestTimeout.Token));
        await Client.Secrets.DeleteAsync("warehouse-credentials", allowMissing: true, "secrets", TestTimeout.Token);

        Assert.Equal(ModalErrorCode.NotFound, again.Code);
        await Client.Secrets.GetAsync("warehouse-credentials", cancellationToken: TestTimeout.Token);
    }

    [Fact]
    public void FromValues_WithABadNameOrValue_IsAnArgumentException()
    {
        Assert.Throws<ArgumentException>(() => ModalSecret.FromValues([new("not a name", "x")]));
        var exception = Assert.Throws<ArgumentException>(() => ModalSecret.FromValues([new("NAME", "secret-word\0")]));
        Assert.DoesNotContain("secret-word", exception.Message, StringComparison.Ordinal);
    }
}
