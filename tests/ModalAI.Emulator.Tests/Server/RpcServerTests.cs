using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using ModalAI.Emulator.Server;
using ModalAI.Emulator.Tests.Server.Support;
using ModalAI.Protocol;
using ModalAI.TestSupport;
using Xunit;

namespace ModalAI.Emulator.Tests.Server;

public sealed class RpcServerTests(RpcServerTests.Fixture fixture) : IClassFixture<RpcServerTests.Fixture>
{
    private readonly EmulatorConnection _connection = fixture.Connection;

    [Fact]
    public async Task Rpc_WithoutAHandler_IsUnimplementedByName()
    {
        var (status, message) = await PostAsync("PersistentSandboxCreate", Frame([]));

        Assert.Equal(RpcStatusCode.Unimplemented, status);
        Assert.Equal("The emulator does not serve PersistentSandboxCreate.", message);
    }

    [Fact]
    public async Task Message_ThatIsCompressed_IsUnimplemented()
    {
        var frame = Frame([1, 2, 3]);
        frame[0] = 1;

        Assert.Equal(RpcStatusCode.Unimplemented, (await PostAsync("AuthTokenGet", frame)).Status);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(7)]
    public async Task Message_ThatIsCutOff_IsInternal(int length)
        => Assert.Equal(RpcStatusCode.Internal, (await PostAsync("AuthTokenGet", Frame([1, 2, 3])[..length])).Status);

    [Fact]
    public async Task Message_ThatIsTooLong_IsRefusedByItsHeader()
    {
        var frame = Frame([]);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), RpcFrames.MaxMessageLength + 1);

        var (status, message) = await PostAsync("AuthTokenGet", frame);

        Assert.Equal(RpcStatusCode.ResourceExhausted, status);
        Assert.Contains("104857601", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Message_ThatIsNoProtobuf_IsAnInvalidArgument()
        => Assert.Equal(RpcStatusCode.InvalidArgument, (await PostAsync("AppGetOrCreate", Frame([0xFF, 0xFF, 0xFF]))).Status);

    [Fact]
    public async Task Request_OfAnotherContentType_IsAnUnsupportedMediaType()
    {
        using var client = new HttpClient();
        using var request = Request("AuthTokenGet", Frame([]));
        request.Content!.Headers.ContentType = new MediaTypeHeaderValue("application/json");

        using var response = await client.SendAsync(request, TestTimeout.Token);

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    [Fact]
    public async Task Credentials_ThatAreMissing_AreUnauthenticated()
    {
        using var client = new HttpClient();
        using var request = Request("AuthTokenGet", Frame([]));
        request.Headers.Remove("x-modal-token-secret");

        using var response = await client.SendAsync(request, TestTimeout.Token);
        await response.Content.ReadAsByteArrayAsync(TestTimeout.Token);

        Assert.Equal("16", response.TrailingHeaders.GetValues("grpc-status").Single());
    }

    [Fact]
    public async Task Deadline_ThatPasses_EndsTheCall()
    {
        var task = await _connection.CreateAsync();

        var (status, _) = await PostAsync(
            "SandboxWaitV2", Frame(new SandboxWaitRequest { SandboxId = task.SandboxId, Timeout = 55 }.ToByteArray()), ("grpc-timeout", "50m"));

        Assert.Equal(RpcStatusCode.DeadlineExceeded, status);
    }

    [Theory]
    [InlineData("1H", 3600.0)]
    [InlineData("2M", 120.0)]
    [InlineData("3S", 3.0)]
    [InlineData("250m", 0.25)]
    [InlineData("99999999u", 99.999999)]
    [InlineData("1000000n", 0.001)]
    public void Timeout_InAnyUnit_IsRead(string header, double seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds), RpcTimeout.Parse(header));

    [Theory]
    [InlineData(null)]
    [InlineData("99999999H")]
    public void Timeout_MissingOrLongerThanAnyCall_IsNoLimit(string? header) => Assert.Null(RpcTimeout.Parse(header));

    [Theory]
    [InlineData("S")]
    [InlineData("1")]
    [InlineData("1x")]
    [InlineData("-1S")]
    [InlineData("123456789S")]
    public void Timeout_ThatIsMalformed_IsRefused(string header)
        => Assert.Equal(RpcStatusCode.Internal, Assert.Throws<RpcFailedException>(() => RpcTimeout.Parse(header)).Code);

    [Fact]
    public void Status_WithTextAndDetails_IsEncodedForTrailers()
    {
        var trailers = new HeaderDictionary();
        var failure = new RpcFailedException(RpcStatusCode.ResourceExhausted, "50 % ümläut\n", [new RPCRetryPolicy { RetryAfterSecs = 1.5f }]);

        RpcStatus.From(failure).WriteTo(trailers);

        Assert.Equal("8", trailers["grpc-status"]);
        Assert.Equal("50 %25 %C3%BCml%C3%A4ut%0A", trailers["grpc-message"]);
        var encoded = trailers["grpc-status-details-bin"].ToString();
        var details = RPCStatus.Parser.ParseFrom(Convert.FromBase64String(encoded.PadRight((encoded.Length + 3) / 4 * 4, '=')));
        Assert.Equal("type.modal.com/modal.client.RPCRetryPolicy", details.Details.Single().TypeUrl);
        Assert.Equal(1.5f, details.Details.Single().Unpack<RPCRetryPolicy>().RetryAfterSecs);
    }

    [Fact]
    public async Task DelayPerRpc_OfCallsSideBySide_PassesSideBySide()
    {
        var delay = TimeSpan.FromMilliseconds(300);
        await using var slow = await EmulatorConnection.StartAsync(new ModalEmulatorOptions { DelayPerRpc = delay });

        await Task.WhenAll(Enumerable.Range(0, 10).Select(async _ => await slow.Control.AuthTokenGetAsync(new AuthTokenGetRequest(), EmulatorConnection.Call())));

        var rpcs = slow.Emulator.Ledger.Rpcs;
        Assert.Equal(10, slow.Emulator.Ledger.RpcCounts["AuthTokenGet"]);
        Assert.All(rpcs, rpc => Assert.True(rpc.EndedAt - rpc.StartedAt >= delay - TimeSpan.FromMilliseconds(5)));
        Assert.True(rpcs.Max(rpc => rpc.StartedAt) < rpcs.Min(rpc => rpc.EndedAt));
    }

    [Fact]
    public async Task Call_ThatTheClientResets_EndsInTheLedger()
    {
        var task = await _connection.CreateAsync();
        var execId = await task.ExecAsync("cat");
        using (var call = task.OpenOutput(execId))
        {
            await task.WriteAsync(execId, 0, "x");
            Assert.True(await call.ResponseStream.MoveNext(TestTimeout.Token));
        }

        await task.WriteAsync(execId, 0, "", eof: true);
        await task.WaitAsync(execId);
        while (_connection.Emulator.Ledger.Rpcs.Single(rpc => rpc.Name == "TaskExecStdioRead").Status is null)
        {
            TestTimeout.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        Assert.Equal(RpcStatusCode.Cancelled, _connection.Emulator.Ledger.Rpcs.Single(rpc => rpc.Name == "TaskExecStdioRead").Status);
    }

    [Fact]
    public async Task Dispose_WhileCallsRun_EndsThemAsUnavailable()
    {
        var connection = await EmulatorConnection.StartAsync();
        var task = await connection.CreateAsync();
        var execId = await task.ExecAsync("cat");
        using var output = task.OpenOutput(execId);
        var reading = output.ResponseStream.MoveNext(TestTimeout.Token);
        var waiting = task.WaitForEndAsync(55);

        // Both are under way once another call, sent after them, was answered.
        await task.GetInputStatusAsync(execId);
        await connection.Emulator.DisposeAsync();

        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => reading)).StatusCode);
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => waiting)).StatusCode);
        Assert.Equal(0, connection.Emulator.Ledger.RunningRpcs);
        await connection.DisposeAsync();
    }

    private static byte[] Frame(byte[] message)
    {
        var frame = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }

    private HttpRequestMessage Request(string rpc, byte[] body, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, $"{_connection.Emulator.ServerUrl}/modal.client.ModalClient/{rpc}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };
        request.Headers.Add("x-modal-token-id", "ak-test");
        request.Headers.Add("x-modal-token-secret", "as-test");
        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        return request;
    }

    private async Task<(RpcStatusCode Status, string Message)> PostAsync(string rpc, byte[] body, params (string Name, string Value)[] headers)
    {
        using var client = new HttpClient();
        using var request = Request(rpc, body, headers);
        using var response = await client.SendAsync(request, TestTimeout.Token);
        await response.Content.ReadAsByteArrayAsync(TestTimeout.Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var status = int.Parse(response.TrailingHeaders.GetValues("grpc-status").Single(), System.Globalization.CultureInfo.InvariantCulture);
        var message = response.TrailingHeaders.TryGetValues("grpc-message", out var values) ? Uri.UnescapeDataString(values.Single()) : "";
        return ((RpcStatusCode)status, message);
    }

    /// <summary>An emulator for all tests of the class.</summary>
    public sealed class Fixture : IAsyncLifetime
    {
        internal EmulatorConnection Connection { get; private set; } = null!;

        public async Task InitializeAsync() => Connection = await EmulatorConnection.StartAsync();

        public async Task DisposeAsync() => await Connection.DisposeAsync();
    }
}
