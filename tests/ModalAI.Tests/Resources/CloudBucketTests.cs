using ModalAI.Emulator;
using ModalAI.Protocol;
using ModalAI.Sandboxes;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Resources;

public sealed class CloudBucketTests : IAsyncLifetime
{
    private readonly DirectoryInfo _bucket = Directory.CreateTempSubdirectory("modalai-bucket-");
    private ModalEmulator _emulator = null!;
    private ModalClient _client = null!;

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(Path.Combine(_bucket.FullName, "2026"));
        await File.WriteAllTextAsync(Path.Combine(_bucket.FullName, "2026", "report"), "content");
        var options = new ModalEmulatorOptions();
        options.Buckets["reports"] = _bucket.FullName;
        options.Secrets["aws"] = new Dictionary<string, string> { ["AWS_ACCESS_KEY_ID"] = "id" };
        _emulator = await ModalEmulator.StartAsync(options, TestTimeout.Token);
        _client = TestClient.Create(_emulator.ServerUrl);
    }

    public async Task DisposeAsync()
    {
        await _client.DisposeAsync();
        await _emulator.DisposeAsync();
        _bucket.Delete(recursive: true);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("V1")]
    public async Task Bucket_OfASandbox_IsReadAndWritten(string? backend)
    {
        await using var client = TestClient.Create(_emulator.ServerUrl, options => options.UseV2 = backend is null);
        await using var lifetime = new SandboxLifetime(await client.Sandboxes.CreateAsync(
            new()
            {
                AppName = "tests",
                CloudBucketMounts = new Dictionary<string, ModalCloudBucketMount>
                {
                    ["/all"] = "reports",
                    ["/part"] = new() { BucketName = "reports", KeyPrefix = "2026/", ReadOnly = true, Secret = ModalSecret.FromName("aws"), RequesterPays = true },
                    ["/values"] = new() { BucketName = "reports", Secret = ModalSecret.FromValues([new("AWS_ACCESS_KEY_ID", "x")]) },
                },
            },
            TestTimeout.Token));

        var read = await lifetime.Sandbox.ExecuteAsync("cat /part/report; echo new > /all/new; cat /values/new", TestTimeout.Token);
        var write = await lifetime.Sandbox.ExecuteAsync("echo x > /part/report", TestTimeout.Token);

        Assert.Equal("contentnew\n", read.StandardOutput);
        Assert.NotEqual(0, write.ExitCode);
        Assert.Equal("new\n", await File.ReadAllTextAsync(Path.Combine(_bucket.FullName, "new")));
        Assert.Equal(backend is null, lifetime.Sandbox.IsV2);
    }

    [Fact]
    public async Task Bucket_OfASidecar_IsInThatContainer_AndItsVolumesReload()
    {
        await using var lifetime = new SandboxLifetime(await _client.Sandboxes.CreateAsync(new() { AppName = "tests" }, TestTimeout.Token));
        var app = await _client.Apps.GetAsync("tests", cancellationToken: TestTimeout.Token);
#pragma warning disable MODALAI002 // Sidecars may change.
        var sidecar = await lifetime.Sandbox.Sidecars.CreateAsync(
            new()
            {
                Name = "side",
                Image = await _client.Images.BuildAsync(ModalImage.FromRegistry("debian:12"), app, TestTimeout.Token),
                CloudBucketMounts = new Dictionary<string, ModalCloudBucketMount> { ["/bucket"] = new() { BucketName = "reports", ReadOnly = true } },
            },
            TestTimeout.Token);
        await sidecar.ReloadVolumesAsync(cancellationToken: TestTimeout.Token);
        var read = await sidecar.ExecuteAsync("cat /bucket/2026/report", TestTimeout.Token);
        await sidecar.TerminateAndWaitAsync(cancellationToken: TestTimeout.Token);
        var ended = await Assert.ThrowsAsync<ModalException>(() => sidecar.ReloadVolumesAsync(cancellationToken: TestTimeout.Token));

        Assert.Equal("content", read.StandardOutput);
        Assert.Equal(ModalErrorCode.SandboxEnded, ended.Code);
        Assert.StartsWith($"Sidecar {sidecar.Id} has ended", ended.Message, StringComparison.Ordinal);
#pragma warning restore MODALAI002
    }

    [Fact]
    public async Task Bucket_ThatIsNotMapped_IsRefusedByName()
    {
        var exception = await Assert.ThrowsAsync<ModalException>(() => CreateAsync(new() { BucketName = "unheard-of" }));

        Assert.Equal(ModalErrorCode.Conflict, exception.Code);
        Assert.Contains("unheard-of", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bucket_WithAMissingSecret_IsNotFound()
    {
        var exception = await Assert.ThrowsAsync<ModalException>(() => CreateAsync(new() { BucketName = "reports", Secret = ModalSecret.FromName("missing") }));

        Assert.Equal(ModalErrorCode.NotFound, exception.Code);
    }

    [Fact]
    public async Task Bucket_ThatIsInvalid_IsRefusedBeforeAnythingIsSent()
    {
        var mount = new ModalCloudBucketMount { BucketName = "", RequesterPays = true, KeyPrefix = "2026", EndpointUrl = "https://user:pass-word@host" };

        var exception = await Assert.ThrowsAsync<ModalException>(() => CreateAsync(mount));

        Assert.Equal(ModalErrorCode.InvalidArgument, exception.Code);
        Assert.All(["BucketName", "RequesterPays", "KeyPrefix", "EndpointUrl"], option => Assert.Contains(option, exception.Message, StringComparison.Ordinal));
        Assert.DoesNotContain("pass-word", exception.Message, StringComparison.Ordinal);
        Assert.Empty(_emulator.Ledger.RpcCounts);
    }

    [Fact]
    public async Task Bucket_AtTheMountPathOfAVolume_IsRefused()
    {
        var exception = await Assert.ThrowsAsync<ModalException>(() => _client.Sandboxes.CreateAsync(
            new()
            {
                Volumes = new Dictionary<string, ModalVolumeMount> { ["/data"] = "x" },
                CloudBucketMounts = new Dictionary<string, ModalCloudBucketMount> { ["/data"] = "reports", ["/tmp"] = "reports" },
            },
            TestTimeout.Token));

        Assert.Contains("'/data'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("'/tmp'", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "S3")]
    [InlineData("https://s3.eu-west-1.amazonaws.com", "S3")]
    [InlineData("https://account.r2.cloudflarestorage.com", "R2")]
    [InlineData("https://storage.googleapis.com", "Gcp")]
    [InlineData("https://minio.example:9000/path", "S3")]
    public async Task Message_OfABucket_HasWhatModalsSdkSets(string? endpoint, string type)
    {
        var mounts = new Dictionary<string, ModalCloudBucketMount>
        {
            ["/full"] = new() { BucketName = "b", EndpointUrl = endpoint, KeyPrefix = "k/", OidcAuthRoleArn = "arn:role", ReadOnly = true },
            ["/bare"] = "b",
        };

        var messages = await CloudBucketMounts.CreateAsync(mounts, _client.Secrets, null, TestTimeout.Token);

        var full = new CloudBucketMount
        {
            BucketName = "b",
            MountPath = "/full",
            BucketType = Enum.Parse<CloudBucketMount.Types.BucketType>(type),
            KeyPrefix = "k/",
            OidcAuthRoleArn = "arn:role",
            ReadOnly = true,
        };
        if (endpoint is not null)
        {
            full.BucketEndpointUrl = endpoint;
        }

        Assert.Equal(full, messages[0]);
        Assert.Equal(new CloudBucketMount { BucketName = "b", MountPath = "/bare", BucketType = CloudBucketMount.Types.BucketType.S3 }, messages[1]);
    }

    private Task<ModalSandbox> CreateAsync(ModalCloudBucketMount mount) => _client.Sandboxes.CreateAsync(
        new() { CloudBucketMounts = new Dictionary<string, ModalCloudBucketMount> { ["/bucket"] = mount } }, TestTimeout.Token);
}
