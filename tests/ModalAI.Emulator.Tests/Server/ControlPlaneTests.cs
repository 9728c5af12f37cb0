using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using ModalAI.Emulator.Tests.Server.Support;
using ModalAI.Protocol;
using ModalAI.TestSupport;
using Xunit;
using static ModalAI.Protocol.GenericResult.Types;

namespace ModalAI.Emulator.Tests.Server;

public sealed class ControlPlaneTests(ControlPlaneTests.Fixture fixture) : IClassFixture<ControlPlaneTests.Fixture>
{
    private readonly ManualTimeProvider _time = fixture.Time;
    private readonly EmulatorConnection _connection = fixture.Connection;

    [Fact]
    public async Task AuthToken_OfTheEmulator_CanBeDecodedWithoutBase64Url()
    {
        var token = (await _connection.Control.AuthTokenGetAsync(new AuthTokenGetRequest(), EmulatorConnection.Call())).Token;

        var payload = token.Split('.')[1];
        Assert.Equal(3, token.Split('.').Length);
        Assert.DoesNotContain(payload, character => character is '-' or '_');
        var claims = JsonDocument.Parse(Convert.FromBase64String(payload.PadRight((payload.Length + 3) / 4 * 4, '=')));
        Assert.Equal((_time.GetUtcNow() + TimeSpan.FromHours(1)).ToUnixTimeSeconds(), claims.RootElement.GetProperty("exp").GetInt64());
    }

    [Fact]
    public async Task AuthToken_AfterItsExpiry_IsUnauthenticated()
    {
        var token = (await _connection.Control.AuthTokenGetAsync(new AuthTokenGetRequest(), EmulatorConnection.Call())).Token;
        var call = EmulatorConnection.Call(("x-modal-auth-token", token));
        await _connection.Control.EnvironmentGetOrCreateAsync(new EnvironmentGetOrCreateRequest(), call);

        _time.Advance(TimeSpan.FromHours(1));

        await EmulatorConnection.FailsAsync(StatusCode.Unauthenticated, _connection.Control.EnvironmentGetOrCreateAsync(new EnvironmentGetOrCreateRequest(), call));
    }

    [Fact]
    public async Task RouterToken_AfterItsExpiry_IsReplacedByANewOne()
    {
        var task = await _connection.CreateAsync(request => request.Definition.TimeoutSecs = 86400);
        _time.Advance(TimeSpan.FromHours(1));

        await EmulatorConnection.FailsAsync(StatusCode.Unauthenticated, _connection.Router.TaskExecStartAsync(task.Start("x", "true"), task.Call()));
        var access = await _connection.Control.SandboxGetCommandRouterAccessAsync(
            new SandboxGetCommandRouterAccessRequest { SandboxId = task.SandboxId }, EmulatorConnection.Call());

        await _connection.Router.TaskExecStartAsync(task.Start("x", "true"), task.Call(access.Jwt));
    }

    [Theory]
    [InlineData("8", "https")]
    [InlineData("9", "https")]
    [InlineData("0", "https")]
    [InlineData("1", "http")]
    public async Task RouterUrl_ForAClient_HasTheSchemeThatItUnderstands(string clientType, string scheme)
    {
        var task = await _connection.CreateAsync();

        var access = await _connection.Control.SandboxGetCommandRouterAccessAsync(
            new SandboxGetCommandRouterAccessRequest { SandboxId = task.SandboxId }, EmulatorConnection.Call(("x-modal-client-type", clientType)));

        Assert.Equal(new UriBuilder(_connection.Emulator.ServerUrl) { Scheme = scheme }.Uri, new Uri(access.Url));
    }

    [Fact]
    public async Task Create_RepeatedWithItsIdempotencyKey_GivesTheSameSandbox()
    {
        var app = await _connection.CreateAppAsync("idempotency");
        var request = new SandboxCreateV2Request { AppId = app, Definition = await _connection.DefineAsync() };
        var call = EmulatorConnection.Call(("x-idempotency-key", "one"));

        var replies = await Task.WhenAll(Enumerable.Range(0, 3).Select(async _ => await _connection.Control.SandboxCreateV2Async(request, call)));
        var other = await _connection.Control.SandboxCreateV2Async(request, EmulatorConnection.Call(("x-idempotency-key", "two")));

        Assert.Single(replies.Select(reply => reply.SandboxId).Distinct());
        Assert.NotEqual(replies[0].SandboxId, other.SandboxId);
        Assert.Equal(2, (await ListAsync(app)).Count);
    }

    [Fact]
    public async Task Create_ThatFailed_MayBeRepeatedWithItsIdempotencyKey()
    {
        var request = new SandboxCreateV2Request { AppId = await _connection.CreateAppAsync(), Definition = await _connection.DefineAsync() };
        var call = EmulatorConnection.Call(("x-idempotency-key", "three"));
        request.Definition.TimeoutSecs = 86401;
        await EmulatorConnection.FailsAsync(StatusCode.InvalidArgument, _connection.Control.SandboxCreateV2Async(request, call));

        request.Definition.TimeoutSecs = 86400;
        await _connection.Control.SandboxCreateV2Async(request, call);
    }

    [Fact]
    public async Task Create_WithAFieldOfANewerSdk_IsRefused()
    {
        var definition = await _connection.DefineAsync();
        definition.MergeFrom(new byte[] { 0xF8, 0x3F, 0x01 }); // Field 1023, a number.
        var request = new SandboxCreateV2Request { AppId = await _connection.CreateAppAsync(), Definition = definition };

        var exception = await EmulatorConnection.FailsAsync(StatusCode.FailedPrecondition, _connection.Control.SandboxCreateV2Async(request, EmulatorConnection.Call()));

        Assert.Contains("newer SDK", exception.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_WithTheOlderSecretFields_LaysThemOverEachOther()
    {
        var secret = await _connection.Control.SecretGetOrCreateAsync(
            new SecretGetOrCreateRequest { ObjectCreationType = ObjectCreationType.Ephemeral, EnvDict = { ["A"] = "secret", ["B"] = "secret" } }, EmulatorConnection.Call());
        var task = await _connection.CreateAsync(request =>
        {
            request.Definition.SecretIds.Add(secret.SecretId);
            request.EphemeralSecrets = new StringMap { Contents = { ["B"] = "ephemeral" } };
        });

        Assert.Equal("secret ephemeral\n", await task.ReadTextAsync(await task.ExecAsync("sh", "-c", "echo $A $B")));
    }

    [Fact]
    public async Task Create_WithSecretIdsThatDifferFromItsSources_IsRefused()
    {
        var exception = await Assert.ThrowsAsync<RpcException>(() => _connection.CreateAsync(request =>
        {
            request.Definition.SecretIds.Add("st-other");
            request.SecretSources.Add(new SecretSource { Env = new StringMap { Contents = { ["A"] = "1" } } });
        }));

        Assert.Equal(StatusCode.InvalidArgument, exception.StatusCode);
    }

    [Fact]
    public async Task Create_WithAnImageThatIsNotKnown_IsNotFound()
    {
        var exception = await Assert.ThrowsAsync<RpcException>(() => _connection.CreateAsync(request => request.Definition.ImageId = "im-unknown"));

        Assert.Equal(StatusCode.NotFound, exception.StatusCode);
        Assert.Contains("Could not find image with ID", exception.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wait_ForARunningSandbox_HasNoResult()
    {
        var task = await _connection.CreateAsync();

        var reply = await _connection.Control.SandboxWaitV2Async(new SandboxWaitRequest { SandboxId = task.SandboxId, Timeout = 0.05f }, EmulatorConnection.Call());

        Assert.Null(reply.Result);
        Assert.NotEmpty(reply.Metadata.AppId);
    }

    [Fact]
    public async Task Timeout_OfASandbox_IsKeptByTheClock()
    {
        var task = await _connection.CreateAsync(request => request.Definition.TimeoutSecs = 3600);
        _time.Advance(TimeSpan.FromSeconds(3599));
        Assert.Null(await task.WaitForEndAsync(0));

        _time.Advance(TimeSpan.FromSeconds(1));

        var result = (await task.WaitForEndAsync())!;
        Assert.Equal((GenericStatus.Timeout, 124), (result.Status, result.Exitcode));
        var late = await _connection.Control.SandboxGetTaskIdV2Async(new SandboxGetTaskIdRequest { SandboxId = task.SandboxId }, EmulatorConnection.Call());
        Assert.Equal((task.TaskId, GenericStatus.Timeout), (late.TaskId, late.TaskResult.Status));
    }

    [Fact]
    public async Task IdleTimeout_OfASandbox_CountsFromTheLastCommandsEnd()
    {
        var task = await _connection.CreateAsync(request =>
        {
            request.Definition.TimeoutSecs = 3600;
            request.Definition.IdleTimeoutSecs = 60;
        });
        _time.Advance(TimeSpan.FromSeconds(59));
        var execId = await task.ExecAsync("cat");
        _time.Advance(TimeSpan.FromSeconds(600));
        await task.WriteAsync(execId, 0, "", eof: true);
        await task.WaitAsync(execId);
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.Null(await task.WaitForEndAsync(0));

        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(GenericStatus.IdleTimeout, (await task.WaitForEndAsync())!.Status);
    }

    [Fact]
    public async Task EndedSandboxes_BeyondThoseKept_AreForgotten()
    {
        var first = await _connection.CreateAsync();
        var second = await _connection.CreateAsync();
        foreach (var task in new[] { first, second })
        {
            await task.TerminateAsync();
            await task.WaitForEndAsync();
        }

        Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(() => first.WaitForEndAsync(0))).StatusCode);
        Assert.Equal(GenericStatus.Terminated, (await second.WaitForEndAsync(0))!.Status);
    }

    [Fact]
    public async Task List_BeforeAPointInTime_IsStrictAndNewestFirst()
    {
        var app = await _connection.CreateAppAsync("list");
        SandboxTask[] tasks = [await CreateAsync(), await CreateAsync(), await CreateAsync()];

        var all = await ListAsync(app);
        var rest = await ListAsync(app, all[1].CreatedAt);

        Assert.Equal(tasks.Reverse().Select(task => task.SandboxId), all.Select(info => info.Id));
        Assert.Equal(tasks[0].SandboxId, Assert.Single(rest).Id);

        Task<SandboxTask> CreateAsync() => _connection.CreateAsync(request => request.AppId = app);
    }

    [Fact]
    public async Task Apps_OfTwoEnvironments_AreTwo()
    {
        var request = new AppGetOrCreateRequest { AppName = "same", ObjectCreationType = ObjectCreationType.CreateIfMissing };
        var main = await _connection.Control.AppGetOrCreateAsync(request, EmulatorConnection.Call());
        request.EnvironmentName = "staging";
        var staging = await _connection.Control.AppGetOrCreateAsync(request, EmulatorConnection.Call());
        request.EnvironmentName = "nowhere";

        Assert.NotEqual(main.AppId, staging.AppId);
        await EmulatorConnection.FailsAsync(StatusCode.NotFound, _connection.Control.AppGetOrCreateAsync(request, EmulatorConnection.Call()));
    }

    [Theory]
    [InlineData("FROM ")]
    [InlineData("FROM a b")]
    [InlineData("RUN make")]
    public async Task Image_WithoutOneTag_IsRefused(string command)
    {
        var request = new ImageGetOrCreateRequest { AppId = await _connection.CreateAppAsync(), Image = new Image { DockerfileCommands = { command } } };

        await EmulatorConnection.FailsAsync(StatusCode.InvalidArgument, _connection.Control.ImageGetOrCreateAsync(request, EmulatorConnection.Call()));
    }

    [Fact]
    public async Task ImageJoin_OfAKnownImage_AnswersItsResult()
    {
        var definition = await _connection.DefineAsync();
        using var call = _connection.Control.ImageJoinStreaming(new ImageJoinStreamingRequest { ImageId = definition.ImageId }, EmulatorConnection.Call());

        Assert.True(await call.ResponseStream.MoveNext(TestTimeout.Token));
        Assert.Equal(GenericStatus.Success, call.ResponseStream.Current.Result.Status);
        Assert.False(await call.ResponseStream.MoveNext(TestTimeout.Token));
    }

    [Fact]
    public async Task EphemeralVolume_WithoutHeartbeats_IsRemoved()
    {
        var request = new VolumeGetOrCreateRequest { ObjectCreationType = ObjectCreationType.Ephemeral };
        var quiet = await _connection.Control.VolumeGetOrCreateAsync(request, EmulatorConnection.Call());
        var used = await _connection.Control.VolumeGetOrCreateAsync(request, EmulatorConnection.Call());
        _time.Advance(TimeSpan.FromMinutes(10));
        await _connection.Control.VolumeHeartbeatAsync(new VolumeHeartbeatRequest { VolumeId = used.VolumeId }, EmulatorConnection.Call());
        _time.Advance(TimeSpan.FromMinutes(10));
        await _connection.Control.VolumeGetOrCreateAsync(request, EmulatorConnection.Call());

        await _connection.Control.VolumeHeartbeatAsync(new VolumeHeartbeatRequest { VolumeId = used.VolumeId }, EmulatorConnection.Call());
        await EmulatorConnection.FailsAsync(
            StatusCode.NotFound, _connection.Control.VolumeHeartbeatAsync(new VolumeHeartbeatRequest { VolumeId = quiet.VolumeId }, EmulatorConnection.Call()));
    }

    [Fact]
    public async Task Entrypoint_OfASandbox_TakesInputAndIsReadFromAnyOffset()
    {
        var task = await _connection.CreateAsync(request => request.Definition.EntrypointArgs.Add(["sh", "-c", "read line; echo got $line"]));
        await _connection.Router.SandboxStdinWriteV2Async(
            new SandboxStdinWriteV2Request { TaskId = task.TaskId, Data = ByteString.CopyFromUtf8("it\n") }, task.Call());
        Assert.Equal(GenericStatus.Success, (await task.WaitForEndAsync())!.Status);

        using var call = _connection.Router.SandboxStdioReadV2(new SandboxStdioReadV2Request { TaskId = task.TaskId, Offset = 4 }, task.Call());
        Assert.True(await call.ResponseStream.MoveNext(TestTimeout.Token));
        Assert.Equal((4ul, "it\n"), (call.ResponseStream.Current.StartingOffset, call.ResponseStream.Current.Data.ToStringUtf8()));
        Assert.False(await call.ResponseStream.MoveNext(TestTimeout.Token));
    }

    private async Task<IReadOnlyList<SandboxInfo>> ListAsync(string app, double before = 0)
        => (await _connection.Control.SandboxListV2Async(new SandboxListRequest { AppId = app, BeforeTimestamp = before }, EmulatorConnection.Call())).Sandboxes;

    /// <summary>An emulator with a clock of its own, for all tests of the class.</summary>
    public sealed class Fixture : IAsyncLifetime
    {
        internal ManualTimeProvider Time { get; } = new();

        internal EmulatorConnection Connection { get; private set; } = null!;

        public async Task InitializeAsync()
            => Connection = await EmulatorConnection.StartAsync(new ModalEmulatorOptions { TimeProvider = Time, MaxEndedSandboxes = 1, Environments = { "staging" } });

        public async Task DisposeAsync() => await Connection.DisposeAsync();
    }
}
