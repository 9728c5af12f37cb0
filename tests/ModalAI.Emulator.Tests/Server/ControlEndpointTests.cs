using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Grpc.Core;
using ModalAI.Emulator.Tests.Server.Support;
using ModalAI.Protocol;
using ModalAI.TestSupport;
using Xunit;

namespace ModalAI.Emulator.Tests.Server;

/// <summary>The control endpoint as a program of another language uses it, and as a web page must not.</summary>
public sealed class ControlEndpointTests : IAsyncLifetime
{
    private readonly HttpClient _http = new();
    private EmulatorConnection _connection = null!;

    public async Task InitializeAsync()
    {
        _connection = await EmulatorConnection.StartAsync(new ModalEmulatorOptions { ControlPort = 0 });
        _http.BaseAddress = new Uri(_connection.Emulator.ControlUrl!);
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _connection.DisposeAsync();
    }

    [Fact]
    public async Task Fault_AddedListedAndRemoved_IsInForceInBetween()
    {
        var added = await ReadAsync(HttpStatusCode.Created, await PostAsync("/faults", """{ "rpc": "AppGetOrCreate", "status": "RESOURCE_EXHAUSTED", "message": "Slow down.", "retryAfterSeconds": 1.5, "times": 2 }"""));
        var id = added.GetProperty("id").GetString();

        var exception = await Assert.ThrowsAsync<RpcException>(() => _connection.CreateAppAsync());
        var listed = Assert.Single((await ReadAsync(HttpStatusCode.OK, await _http.GetAsync("/faults"))).EnumerateArray());
        var removed = await ReadAsync(HttpStatusCode.OK, await _http.DeleteAsync($"/faults/{id}"));

        Assert.Equal((StatusCode.ResourceExhausted, "Slow down."), (exception.StatusCode, exception.Status.Detail));
        var details = RPCStatus.Parser.ParseFrom(exception.Trailers.GetValueBytes("grpc-status-details-bin"));
        Assert.Equal(1.5f, RPCRetryPolicy.Parser.ParseFrom(Assert.Single(details.Details).Value).RetryAfterSecs);
        Assert.Equal((id, 1), (listed.GetProperty("id").GetString(), listed.GetProperty("hits").GetInt32()));
        Assert.Equal(1, removed.GetProperty("hits").GetInt32());
        Assert.NotEmpty(await _connection.CreateAppAsync());
        Assert.Equal(HttpStatusCode.NotFound, (await _http.DeleteAsync($"/faults/{id}")).StatusCode);
    }

    [Fact]
    public async Task Faults_AllRemoved_AreInForceNoMore()
    {
        await PostAsync("/faults", """{ "rpc": "*", "status": "UNAVAILABLE" }""");
        await PostAsync("/faults", """{ "rpc": "App*", "delaySeconds": 0.001 }""");

        Assert.Equal(HttpStatusCode.NoContent, (await _http.DeleteAsync("/faults")).StatusCode);

        Assert.Empty((await ReadAsync(HttpStatusCode.OK, await _http.GetAsync("/faults"))).EnumerateArray());
        Assert.NotEmpty(await _connection.CreateAppAsync());
    }

    [Theory]
    [InlineData("""{ "rpc": "NoSuchRpc", "status": "UNAVAILABLE" }""", "NoSuchRpc")]
    [InlineData("""{ "rpc": "AppGetOrCreate" }""", "no effect")]
    [InlineData("""{ "status": "UNAVAILABLE" }""", "rpc")]
    [InlineData("""{ "rpc": "AppGetOrCreate", "status": "BROKEN" }""", "BROKEN")]
    [InlineData("""{ "rpc": "AppGetOrCreate", "status": "OK" }""", "Ok")]
    [InlineData("""{ "rpc": "AppGetOrCreate", "status": "UNAVAILABLE", "time": 3 }""", "time")]
    [InlineData("""{ "rpc": "AppGetOrCreate", "delaySeconds": -1 }""", "delaySeconds")]
    [InlineData("""{ "rpc": "AppGetOrCreate", "status": "UNAVAILABLE", "losesReply": true }""", "two rules")]
    [InlineData("""{ "rpc": "AppGetOrCreate", "status": "UNAVAILABLE", "every": 0 }""", "Every")]
    [InlineData("null", "null")]
    [InlineData("{", "")]
    public async Task Fault_ThatIsWrong_IsRefusedWithTheReason(string rule, string reason)
    {
        var answer = await ReadAsync(HttpStatusCode.BadRequest, await PostAsync("/faults", rule));

        Assert.Contains(reason, answer.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Empty(_connection.Emulator.Faults.Active);
    }

    [Theory]
    [InlineData("Origin", "http://127.0.0.1:8000")]
    [InlineData("Origin", "null")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Host", "attacker.example")]
    [InlineData("Host", "127.0.0.1.attacker.example")]
    public async Task Request_OfAWebPage_IsRefused(string header, string value)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/faults") { Content = Body("""{ "rpc": "*", "status": "UNAVAILABLE" }""") };
        request.Headers.TryAddWithoutValidation(header, value);

        await ReadAsync(HttpStatusCode.Forbidden, await _http.SendAsync(request));

        Assert.Empty(_connection.Emulator.Faults.Active);
    }

    [Fact]
    public async Task Request_ThatAFormCouldSend_IsRefused()
    {
        using var content = new StringContent("""{ "rpc": "*", "status": "UNAVAILABLE" }""", Encoding.UTF8, "text/plain");

        await ReadAsync(HttpStatusCode.Forbidden, await _http.PostAsync("/faults", content));

        Assert.Empty(_connection.Emulator.Faults.Active);
    }

    [Fact]
    public async Task Body_TooLong_IsRefused()
    {
        using var reply = await PostAsync("/faults", $$"""{ "rpc": "*", "status": "UNAVAILABLE", "message": "{{new string('x', 100_000)}}" }""");

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, reply.StatusCode);
    }

    [Fact]
    public async Task Ledger_AfterASandbox_TellsWhatWasCalledCreatedAndLeft()
    {
        var task = await _connection.CreateAsync();
        await task.ExecAsync("sh", "-c", "echo s3cret");

        var ledger = await ReadAsync(HttpStatusCode.OK, await _http.GetAsync("/ledger"));

        Assert.Equal(1, ledger.GetProperty("rpcCounts").GetProperty("SandboxCreateV2").GetInt32());
        Assert.Contains(ledger.GetProperty("rpcs").EnumerateArray(), rpc => rpc.GetProperty("name").GetString() == "TaskExecStart" && rpc.GetProperty("status").GetString() == "Ok");
        Assert.Equal(task.SandboxId, Assert.Single(ledger.GetProperty("sandboxes").EnumerateArray()).GetProperty("id").GetString());
        Assert.Equal("sh", Assert.Single(ledger.GetProperty("processes").EnumerateArray()).GetProperty("program").GetString());
        Assert.DoesNotContain("s3cret", ledger.GetRawText(), StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.NoContent, (await PostAsync($"/sandboxes/{task.SandboxId}/kill", "{}")).StatusCode);
        var ended = Assert.Single((await ReadAsync(HttpStatusCode.OK, await _http.GetAsync("/ledger"))).GetProperty("sandboxes").EnumerateArray());
        Assert.Equal("InternalFailure", ended.GetProperty("end").GetString());
    }

    [Fact]
    public async Task Sandbox_Unknown_CannotBeKilled()
        => Assert.Contains("sb-none", (await ReadAsync(HttpStatusCode.BadRequest, await PostAsync("/sandboxes/sb-none/kill", "{}"))).GetProperty("error").GetString(), StringComparison.Ordinal);

    [Fact]
    public async Task Tokens_Rotated_AreRefused()
    {
        var token = (await _connection.Control.AuthTokenGetAsync(new AuthTokenGetRequest(), EmulatorConnection.Call())).Token;
        var request = new AppGetOrCreateRequest { AppName = "x", ObjectCreationType = ObjectCreationType.CreateIfMissing };
        await _connection.Control.AppGetOrCreateAsync(request, EmulatorConnection.Call(("x-modal-auth-token", token)));

        await PostAsync("/tokens/auth/rotate", "{}");

        await EmulatorConnection.FailsAsync(StatusCode.Unauthenticated, _connection.Control.AppGetOrCreateAsync(request, EmulatorConnection.Call(("x-modal-auth-token", token))));
    }

    private static StringContent Body(string json) => new(json, new MediaTypeHeaderValue("application/json"));

    private static async Task<JsonElement> ReadAsync(HttpStatusCode status, HttpResponseMessage reply)
    {
        var text = await reply.Content.ReadAsStringAsync(TestTimeout.Token);
        Assert.True(status == reply.StatusCode, $"Expected {status}, but was {reply.StatusCode}: {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    private Task<HttpResponseMessage> PostAsync(string path, string json) => _http.PostAsync(path, Body(json), TestTimeout.Token);
}
