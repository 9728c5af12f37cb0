using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using ModalAI.Emulator.Tests.Server.Support;
using ModalAI.Protocol;
using ModalAI.TestSupport;
using Xunit;

namespace ModalAI.Emulator.Tests.Server;

/// <summary>What Modal's JS SDK never sends, but other clients of the same wire do.</summary>
public sealed class ResourceTests : IAsyncLifetime
{
    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory("modalai-state-");
    private readonly ManualTimeProvider _time = new();
    private EmulatorConnection _connection = null!;

    public async Task InitializeAsync() => _connection = await ConnectAsync();

    public async Task DisposeAsync()
    {
        await _connection.DisposeAsync();
        _state.Delete(recursive: true);
    }

    [Fact]
    public async Task ClientHello_NamesTheImageBuilderAndWarnsOfNothing()
    {
        var reply = await _connection.Control.ClientHelloAsync(new Empty(), EmulatorConnection.Call());

        Assert.Equal("2025.06", reply.ImageBuilderVersion);
        Assert.Empty(reply.ServerWarnings);
        Assert.Empty(reply.Warning);
    }

    [Fact]
    public async Task Environment_CreatedWithSettings_HasThemAndIsListed()
    {
        await _connection.Control.EnvironmentCreateAsync(
            new EnvironmentCreateRequest
            {
                Name = "set-up",
                IsManaged = true,
                DefaultMemberRoleStr = "no-access",
                Settings = new EnvironmentSettings { ImageBuilderVersion = "2024.10", WebhookSuffix = "up" },
            },
            EmulatorConnection.Call());

        var metadata = (await _connection.Control.EnvironmentGetOrCreateAsync(new EnvironmentGetOrCreateRequest { DeploymentName = "set-up" }, EmulatorConnection.Call())).Metadata;
        var items = (await _connection.Control.EnvironmentListAsync(new Empty(), EmulatorConnection.Call())).Items;

        Assert.Equal(("2024.10", "up"), (metadata.Settings.ImageBuilderVersion, metadata.Settings.WebhookSuffix));
        var item = Assert.Single(items, item => item.Name == "set-up");
        Assert.Equal((true, EnvironmentRole.NoAccess, "up", false), (item.IsManaged, item.DefaultMemberRole, item.WebhookSuffix, item.Default));
        Assert.True(Assert.Single(items, item => item.Name == "main").Default);
    }

    [Fact]
    public async Task Environment_WithLimits_IsRefused()
        => await EmulatorConnection.FailsAsync(
            StatusCode.FailedPrecondition,
            _connection.Control.EnvironmentCreateAsync(
                new EnvironmentCreateRequest { Name = "limited", Settings = new EnvironmentSettings { MaxConcurrentTasks = 1 } }, EmulatorConnection.Call()));

    [Fact]
    public async Task AppList_CountsRunningSandboxes()
    {
        var task = await _connection.CreateAsync();
        var running = (await _connection.Control.AppListAsync(new AppListRequest(), EmulatorConnection.Call())).Apps.Single().NRunningTasks;
        await task.TerminateAsync();
        await task.WaitForEndAsync();

        var app = (await _connection.Control.AppListAsync(new AppListRequest(), EmulatorConnection.Call())).Apps.Single();

        Assert.Equal((1, 0), (running, app.NRunningTasks));
        Assert.Equal(("tests", AppState.Deployed), (app.Name, app.State));
    }

    [Theory]
    [InlineData(false, "old")]
    [InlineData(true, "new")]
    public async Task Secret_CreatedOverAnother_HasTheRightValues(bool overwrites, string expected)
    {
        var type = overwrites ? ObjectCreationType.CreateOverwriteIfExists : ObjectCreationType.CreateIfMissing;
        await CreateSecretAsync(ObjectCreationType.CreateFailIfExists, "named", "old");
        var secret = await CreateSecretAsync(type, "named", "new");
        var task = await _connection.CreateAsync(request => request.SecretSources.Add(new SecretSource { SecretId = secret }));

        Assert.Equal(expected + "\n", await task.ReadTextAsync(await task.ExecAsync("printenv", "KEY")));
        Assert.Equal(secret, (await _connection.Control.SecretGetOrCreateAsync(new SecretGetOrCreateRequest { DeploymentName = "named" }, EmulatorConnection.Call())).SecretId);
    }

    [Fact]
    public async Task Secret_CreatedTwice_IsThereAlready()
    {
        await CreateSecretAsync(ObjectCreationType.CreateFailIfExists, "twice", "x");

        var exception = await Assert.ThrowsAsync<RpcException>(() => CreateSecretAsync(ObjectCreationType.CreateFailIfExists, "twice", "y"));

        Assert.Equal(StatusCode.AlreadyExists, exception.StatusCode);
    }

    [Fact]
    public async Task Secret_OfAnUnknownApp_IsNotFound()
        => await EmulatorConnection.FailsAsync(
            StatusCode.NotFound,
            _connection.Control.SecretGetOrCreateAsync(
                new SecretGetOrCreateRequest { ObjectCreationType = ObjectCreationType.AnonymousOwnedByApp, AppId = "ap-unknown" }, EmulatorConnection.Call()));

    [Fact]
    public async Task Exec_WithTheOlderFields_LaysVariablesOverSecrets()
    {
        var first = await CreateSecretAsync(ObjectCreationType.Ephemeral, "", "first");
        var second = await CreateSecretAsync(ObjectCreationType.Ephemeral, "", "second");
        var task = await _connection.CreateAsync();

        Assert.Equal("second\n", await PrintAsync(request => request.SecretIds.Add([first, second])));
        Assert.Equal("variable\n", await PrintAsync(request =>
        {
            request.SecretIds.Add(first);
            request.Env["KEY"] = "variable";
        }));

        async Task<string> PrintAsync(Action<TaskExecStartRequest> configure)
        {
            var request = task.Start(SandboxTask.NewExecId(), "printenv", "KEY");
            configure(request);
            await _connection.Router.TaskExecStartAsync(request, task.Call());
            return await task.ReadTextAsync(request.ExecId);
        }
    }

    [Fact]
    public async Task Exec_WithBothKindsOfSecretFields_IsRefused()
    {
        var task = await _connection.CreateAsync();
        var request = task.Start(SandboxTask.NewExecId(), "true");
        request.Env["A"] = "1";
        request.SecretSources.Add(new SecretSource { Env = new StringMap { Contents = { ["B"] = "2" } } });

        await EmulatorConnection.FailsAsync(StatusCode.InvalidArgument, _connection.Router.TaskExecStartAsync(request, task.Call()));
    }

    [Fact]
    public async Task Volume_WithAName_OutlivesTheEmulator()
    {
        await WriteAsync(await CreateVolumeAsync("kept", VolumeFsVersion.V2), "from before");
        await _connection.DisposeAsync();
        _connection = await ConnectAsync();

        var volume = await _connection.Control.VolumeGetOrCreateAsync(new VolumeGetOrCreateRequest { DeploymentName = "kept" }, EmulatorConnection.Call());

        Assert.Equal(VolumeFsVersion.V2, volume.Metadata.Version);
        Assert.Equal("from before\n", await ReadAsync(volume.VolumeId));
    }

    [Fact]
    public async Task Volume_CreatedOverAnother_StartsEmpty()
    {
        await WriteAsync(await CreateVolumeAsync("replaced"), "old");

        var volume = await CreateVolumeAsync("replaced", type: ObjectCreationType.CreateOverwriteIfExists);

        Assert.Equal("", await ReadAsync(volume));
        Assert.Equal(volume, await CreateVolumeAsync("replaced", type: ObjectCreationType.Unspecified));
    }

    [Fact]
    public async Task Volume_CreatedTwice_IsThereAlready()
    {
        await CreateVolumeAsync("twice", type: ObjectCreationType.CreateFailIfExists);

        var exception = await Assert.ThrowsAsync<RpcException>(() => CreateVolumeAsync("twice", type: ObjectCreationType.CreateFailIfExists));

        Assert.Equal(StatusCode.AlreadyExists, exception.StatusCode);
    }

    [Fact]
    public async Task Volume_OfAnUnknownVersion_IsInvalid()
    {
        var exception = await Assert.ThrowsAsync<RpcException>(() => CreateVolumeAsync("third", (VolumeFsVersion)3));

        Assert.Equal(StatusCode.InvalidArgument, exception.StatusCode);
    }

    [Fact]
    public async Task Volume_OfAnApp_NeedsNoHeartbeat_AndAnEphemeralOneGoesWithoutAnybodyAsking()
    {
        var app = await _connection.CreateAppAsync();
        var owned = await _connection.Control.VolumeGetOrCreateAsync(
            new VolumeGetOrCreateRequest { ObjectCreationType = ObjectCreationType.AnonymousOwnedByApp, AppId = app }, EmulatorConnection.Call());
        await _connection.Control.VolumeGetOrCreateAsync(new VolumeGetOrCreateRequest { ObjectCreationType = ObjectCreationType.Ephemeral }, EmulatorConnection.Call());
        Assert.Equal(2, NamelessFolders());

        _time.Advance(TimeSpan.FromMinutes(16));

        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (NamelessFolders() > 1)
        {
            await Task.Delay(10, soon.Token);
        }

        await _connection.Control.VolumeHeartbeatAsync(new VolumeHeartbeatRequest { VolumeId = owned.VolumeId }, EmulatorConnection.Call());

        int NamelessFolders() => Directory.GetDirectories(Directory.GetDirectories(_state.FullName, "modal-emulator-*").Single() + "/volumes").Length;
    }

    [Fact]
    public async Task Volumes_OfADeletedEnvironment_AreGoneForALaterEmulatorToo()
    {
        await _connection.Control.EnvironmentCreateAsync(new EnvironmentCreateRequest { Name = "gone" }, EmulatorConnection.Call());
        await CreateVolumeAsync("inside", environment: "gone");
        await _connection.DisposeAsync();
        _connection = await ConnectAsync();
        await _connection.Control.EnvironmentCreateAsync(new EnvironmentCreateRequest { Name = "gone" }, EmulatorConnection.Call());

        await _connection.Control.EnvironmentDeleteAsync(new EnvironmentDeleteRequest { Name = "gone" }, EmulatorConnection.Call());

        Assert.Empty(Directory.GetDirectories(Path.Combine(_state.FullName, "volumes"), "gone@*"));
    }

    [Fact]
    public async Task BucketCredentials_OfAMountThatIsNotThere_AreInvalid()
    {
        var exception = await Assert.ThrowsAsync<RpcException>(
            () => _connection.CreateAsync(request => request.CloudBucketMountCredentials.Add("/elsewhere", new StringMap { Contents = { ["A"] = "1" } })));

        Assert.Equal(StatusCode.InvalidArgument, exception.StatusCode);
    }

    [Fact]
    public async Task Bucket_WithTheOlderField_IsRefused()
    {
        var exception = await Assert.ThrowsAsync<RpcException>(
            () => _connection.CreateAsync(request => request.Definition.S3Mounts.Add(new S3Mount { BucketName = "b", MountPath = "/b" })));

        Assert.Equal(StatusCode.FailedPrecondition, exception.StatusCode);
    }

    [Theory]
    [InlineData("", true, "bucket")]
    [InlineData("no-slash", false, "'/'")]
    public async Task Bucket_ThatIsInvalid_IsRefused(string prefix, bool isRequesterPays, string text)
    {
        var mount = new CloudBucketMount { BucketName = "b", MountPath = "/b", RequesterPays = isRequesterPays, KeyPrefix = prefix };

        var exception = await Assert.ThrowsAsync<RpcException>(() => _connection.CreateAsync(request => request.Definition.CloudBucketMounts.Add(mount)));

        Assert.Equal(StatusCode.InvalidArgument, exception.StatusCode);
        Assert.Contains(text, exception.Status.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("refresh,client,,", "OAuth credentials are")]
    [InlineData("refresh,,secret,", "OAuth credentials are")]
    [InlineData("refresh,client,secret,assertion", "OAuth credentials are")]
    [InlineData("refresh,client,,no.jwt", "not a JWT")]
    [InlineData("refresh,client,,!.!.!", "not a JWT")]
    [InlineData("refresh,client,,RS256/client/other/300", "aud")]
    [InlineData("refresh,client,,RS256/other/modal-server/300", "iss")]
    [InlineData("refresh,client,,RS256/client/modal-server/-600", "expired")]
    [InlineData("refresh,client,,none/client/modal-server/300", "RS256")]
    [InlineData("refresh,client,,RS256/client/modal-server/300", null)]
    [InlineData("refresh,client,secret,", null)]
    public async Task OAuth_OfACall_IsCheckedAsFarAsItCanBe(string parts, string? problem)
    {
        string[] names = ["x-modal-refresh-token", "x-modal-oauth-client-id", "x-modal-oauth-client-secret", "x-modal-oauth-client-assertion"];
        var headers = new Metadata();
        foreach (var (name, value) in names.Zip(parts.Split(',')).Where(header => header.Second.Length > 0))
        {
            headers.Add(name, value.Split('/') is [var algorithm, var client, var audience, var seconds] ? Assertion(algorithm, client, audience, int.Parse(seconds)) : value);
        }

        var call = _connection.Control.ClientHelloAsync(new Empty(), new CallOptions(headers, cancellationToken: TestTimeout.Token));
        if (problem is null)
        {
            await call;
        }
        else
        {
            Assert.Contains(problem, (await EmulatorConnection.FailsAsync(StatusCode.Unauthenticated, call)).Status.Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task OAuth_BesideAToken_IsUnauthenticated()
        => await EmulatorConnection.FailsAsync(
            StatusCode.Unauthenticated, _connection.Control.ClientHelloAsync(new Empty(), EmulatorConnection.Call(("x-modal-refresh-token", "x"))));

    [Theory]
    [InlineData("bucket")]
    [InlineData("environment")]
    [InlineData("oauth")]
    [InlineData("key")]
    public async Task Option_ThatIsNotAllowed_IsNamed(string name)
    {
        var options = new ModalEmulatorOptions();
        var option = name switch
        {
            "bucket" => Set(() => options.Buckets["x"] = "/no/such/directory", nameof(options.Buckets)),
            "environment" => Set(() => options.Environments.Add("en-x"), nameof(options.Environments)),
            "oauth" => Set(() => options.RequiredOAuthCredentials = new("r", "c"), nameof(options.RequiredOAuthCredentials)),
            _ => Set(() => options.RequiredOAuthCredentials = new("r", "c", JwtPublicKey: "x"), nameof(options.RequiredOAuthCredentials)),
        };

        var exception = await Assert.ThrowsAsync<ArgumentException>(() => ModalEmulator.StartAsync(options, TestTimeout.Token));

        Assert.Contains(option, exception.Message, StringComparison.Ordinal);

        static string Set(Action change, string option)
        {
            change();
            return option;
        }
    }

    private static string Encode(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));

    private string Assertion(string algorithm, string client, string audience, int seconds)
    {
        var now = _time.GetUtcNow().ToUnixTimeSeconds();
        var claims = $$"""{"iss":"{{client}}","sub":"{{client}}","aud":"{{audience}}","iat":{{now}},"exp":{{now + seconds}},"jti":"one"}""";
        return $"{Encode($$"""{"alg":"{{algorithm}}"}""")}.{Encode(claims)}.{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(256))}";
    }

    private async Task<EmulatorConnection> ConnectAsync()
        => await EmulatorConnection.StartAsync(new ModalEmulatorOptions { TimeProvider = _time, StateDirectory = _state.FullName });

    private async Task<string> CreateSecretAsync(ObjectCreationType type, string name, string value)
        => (await _connection.Control.SecretGetOrCreateAsync(
            new SecretGetOrCreateRequest { ObjectCreationType = type, DeploymentName = name, EnvDict = { ["KEY"] = value } }, EmulatorConnection.Call())).SecretId;

    private async Task<string> CreateVolumeAsync(
        string name, VolumeFsVersion version = VolumeFsVersion.Unspecified, ObjectCreationType type = ObjectCreationType.CreateIfMissing, string environment = "")
        => (await _connection.Control.VolumeGetOrCreateAsync(
            new VolumeGetOrCreateRequest { DeploymentName = name, Version = version, ObjectCreationType = type, EnvironmentName = environment }, EmulatorConnection.Call())).VolumeId;

    private Task<SandboxTask> MountAsync(string volumeId)
        => _connection.CreateAsync(request => request.Definition.VolumeMounts.Add(new VolumeMount { VolumeId = volumeId, MountPath = "/data" }));

    private async Task WriteAsync(string volumeId, string text)
    {
        var task = await MountAsync(volumeId);
        await task.WaitAsync(await task.ExecAsync("sh", "-c", $"echo {text} > /data/file"));
    }

    private async Task<string> ReadAsync(string volumeId)
    {
        var task = await MountAsync(volumeId);
        return await task.ReadTextAsync(await task.ExecAsync("sh", "-c", "cat /data/* 2>/dev/null"));
    }
}
