using System.Collections.Concurrent;
using Google.Protobuf.WellKnownTypes;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Rpc;

/// <summary>Attempts of one call, as a server sees them.</summary>
public sealed class RetryTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<Func<SandboxWaitResponse>> _answers = new();
    private readonly ConcurrentQueue<Dictionary<string, string?>> _headers = new();
    private RpcServer _server = null!;
    private int _tokens;

    public async Task InitializeAsync()
    {
        var control = new RpcService(ModalClientReflection.Descriptor.Services[0], static _ => { });
        control.Unary<AuthTokenGetRequest, AuthTokenGetResponse>("AuthTokenGet", (_, _) => Task.FromResult(new AuthTokenGetResponse { Token = $"token-{Interlocked.Increment(ref _tokens)}" }));
        control.Unary<SandboxWaitRequest, SandboxWaitResponse>("SandboxWaitV2", (_, context) =>
        {
            string[] names =
            [
                "x-idempotency-key", "x-retry-attempt", "x-retry-delay", "x-throttle-retry-attempt", "x-throttle-retry-delay", "x-modal-auth-token", "x-modal-client-type",
                "x-modal-client-version", "x-modal-libmodal-version", "x-modal-token-id", "x-modal-token-secret", "x-modal-host",
            ];
            _headers.Enqueue(names.ToDictionary(name => name, context.Header));
            return Task.FromResult(_answers.TryDequeue(out var answer) ? answer() : new SandboxWaitResponse());
        });
        _server = await TestServer.StartAsync(control);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Call_EveryHeader_IsSent()
    {
        await CallAsync();

        var headers = Assert.Single(_headers);
        Assert.Equal(("0", "1.0.0", "ak-test", "as-test", "127.0.0.1", "token-1"), (headers["x-modal-client-type"], headers["x-modal-client-version"], headers["x-modal-token-id"], headers["x-modal-token-secret"], headers["x-modal-host"], headers["x-modal-auth-token"]));
        Assert.StartsWith("modal-dotnet-", headers["x-modal-libmodal-version"], StringComparison.Ordinal);
        Assert.True(Guid.TryParse(headers["x-idempotency-key"], out _));
        Assert.Equal(("0", "0", null, null), (headers["x-retry-attempt"], headers["x-throttle-retry-attempt"], headers["x-retry-delay"], headers["x-throttle-retry-delay"]));
    }

    [Theory]
    [InlineData(RpcStatusCode.Unavailable)]
    [InlineData(RpcStatusCode.DeadlineExceeded)]
    [InlineData(RpcStatusCode.Cancelled)]
    [InlineData(RpcStatusCode.Internal)]
    [InlineData(RpcStatusCode.Unknown)]
    internal async Task Call_TransientFailures_AreRepeatedWithOneIdempotencyKey(RpcStatusCode status)
    {
        Fail(status);
        Fail(status);

        await CallAsync();

        Assert.Equal(["0", "1", "2"], _headers.Select(headers => headers["x-retry-attempt"]));
        Assert.Single(_headers.Select(headers => headers["x-idempotency-key"]).Distinct());
        Assert.All(_headers.Skip(1), headers => Assert.NotNull(headers["x-retry-delay"]));
    }

    [Theory]
    [InlineData(RpcStatusCode.ResourceExhausted, ModalErrorCode.ResourceExhausted)]
    [InlineData(RpcStatusCode.Aborted, ModalErrorCode.Conflict)]
    [InlineData(RpcStatusCode.Unimplemented, ModalErrorCode.Unimplemented)]
    [InlineData(RpcStatusCode.InvalidArgument, ModalErrorCode.InvalidArgument)]
    [InlineData(RpcStatusCode.PermissionDenied, ModalErrorCode.PermissionDenied)]
    internal async Task Call_OtherFailures_AreNotRepeated(RpcStatusCode status, ModalErrorCode expected)
    {
        Fail(status);

        var exception = await Assert.ThrowsAsync<ModalException>(CallAsync);

        Assert.Equal(expected, exception.Code);
        Assert.Contains("The test says no.", exception.Message, StringComparison.Ordinal);
        Assert.Single(_headers);
    }

    [Fact]
    public async Task Call_FailuresBeyondTheLimit_GiveUp()
    {
        for (var i = 0; i < 10; i++)
        {
            Fail(RpcStatusCode.Unavailable);
        }

        await Assert.ThrowsAsync<ModalException>(CallAsync);

        Assert.Equal(4, _headers.Count);
    }

    [Fact]
    public async Task Call_ServerAsksToWait_ComesBackWithoutUsingUpItsRetries()
    {
        for (var i = 0; i < 6; i++)
        {
            Fail(RpcStatusCode.ResourceExhausted, new RPCRetryPolicy { RetryAfterSecs = 0.01f });
        }

        await CallAsync();

        Assert.Equal(["0", "1", "2", "3", "4", "5", "6"], _headers.Select(headers => headers["x-throttle-retry-attempt"]));
        Assert.All(_headers, headers => Assert.Equal("0", headers["x-retry-attempt"]));
    }

    [Fact]
    public async Task Call_ServerAsksToWaitTooLong_GivesUp()
    {
        Fail(RpcStatusCode.ResourceExhausted, new RPCRetryPolicy { RetryAfterSecs = 3600 });

        var exception = await Assert.ThrowsAsync<ModalException>(CallAsync);

        Assert.Equal(ModalErrorCode.ResourceExhausted, exception.Code);
    }

    [Fact]
    public async Task Call_RefusedToken_CostsOneOtherTokenAndNoError()
    {
        Fail(RpcStatusCode.Unauthenticated);

        await CallAsync();

        Assert.Equal(["token-1", "token-2"], _headers.Select(headers => headers["x-modal-auth-token"]));
    }

    private void Fail(RpcStatusCode status, RPCRetryPolicy? policy = null) =>
        _answers.Enqueue(() => throw new RpcFailedException(status, "The test says no.", policy is null ? null : [policy]));

    [Fact]
    public async Task LookUp_WithoutAToken_DoesNotWaitForIt()
    {
        var lookedUp = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var control = new RpcService(ModalClientReflection.Descriptor.Services[0], static _ => { });
        control.Unary<AuthTokenGetRequest, AuthTokenGetResponse>("AuthTokenGet", async (_, context) =>
        {
            await lookedUp.Task.WaitAsync(context.CancellationToken);
            return new AuthTokenGetResponse { Token = "late" };
        });
        control.Unary<AppGetOrCreateRequest, AppGetOrCreateResponse>("AppGetOrCreate", (_, context) =>
        {
            Assert.Null(context.Header("x-modal-auth-token"));
            lookedUp.TrySetResult();
            return Task.FromResult(new AppGetOrCreateResponse { AppId = "ap-1" });
        });
        await using var server = await TestServer.StartAsync(control);
        await using var client = ClientOf(server);

        Assert.Equal("ap-1", (await client.Apps.GetAsync("x", cancellationToken: TestTimeout.Token)).Id);
    }

    [Fact]
    public async Task LookUp_ServerThatWantsTheToken_GetsItOnASecondAttempt()
    {
        var control = new RpcService(ModalClientReflection.Descriptor.Services[0], static _ => { });
        control.Unary<AuthTokenGetRequest, AuthTokenGetResponse>("AuthTokenGet", (_, _) => Task.FromResult(new AuthTokenGetResponse { Token = "wanted" }));
        control.Unary<AppGetOrCreateRequest, AppGetOrCreateResponse>("AppGetOrCreate", (_, context) =>
            context.Header("x-modal-auth-token") == "wanted" ? Task.FromResult(new AppGetOrCreateResponse { AppId = "ap-1" }) : throw RpcFailedException.Unauthenticated("No token."));
        await using var server = await TestServer.StartAsync(control);
        await using var client = ClientOf(server);

        Assert.Equal("ap-1", (await client.Apps.GetAsync("x", cancellationToken: TestTimeout.Token)).Id);
    }

    private async Task CallAsync()
    {
        await using var client = ClientOf(_server);
        Assert.Null(await client.Sandboxes.Get("sb-01ARZ3NDEKTSV4RRFFQ69G5FAV").PollAsync(TestTimeout.Token));
    }

    private static ModalClient ClientOf(RpcServer server) => TestClient.Create($"http://127.0.0.1:{server.Port}");
}
