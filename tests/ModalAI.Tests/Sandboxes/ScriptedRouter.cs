using Google.Protobuf;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Sandboxes;

/// <summary>
/// A control plane and command router on a real port whose answers a test writes: connections that break, tokens that are refused, starts that are slow. One
/// sandbox, <c>sb-01ARZ3NDEKTSV4RRFFQ69G5FAV</c>, is there.
/// </summary>
internal sealed class ScriptedRouter : IAsyncDisposable
{
    public const string SandboxId = "sb-01ARZ3NDEKTSV4RRFFQ69G5FAV";

    private RpcServer _server = null!;
    private int _accesses;

    public string Url => $"http://127.0.0.1:{_server.Port}";

    /// <summary>How often the router's access was asked for; each gives another token, <c>router-token-N</c>.</summary>
    public int Accesses => Volatile.Read(ref _accesses);

    /// <param name="script">Adds the router's answers.</param>
    /// <param name="scriptControlPlane">Adds answers of the control plane.</param>
    public static async Task<ScriptedRouter> StartAsync(Action<RpcService> script, Action<RpcService>? scriptControlPlane = null)
    {
        var router = new ScriptedRouter();
        var control = new RpcService(ModalClientReflection.Descriptor.Services[0], static _ => { });
        control.Unary<AuthTokenGetRequest, AuthTokenGetResponse>("AuthTokenGet", (_, _) => Task.FromResult(new AuthTokenGetResponse { Token = "token" }));
        control.Unary<SandboxGetTaskIdRequest, SandboxGetTaskIdResponse>("SandboxGetTaskIdV2", (_, _) => Task.FromResult(new SandboxGetTaskIdResponse { TaskId = "ta-1" }));
        control.Unary<SandboxGetCommandRouterAccessRequest, SandboxGetCommandRouterAccessResponse>(
            "SandboxGetCommandRouterAccess",
            (_, _) => Task.FromResult(new SandboxGetCommandRouterAccessResponse { Url = router.Url, Jwt = $"router-token-{Interlocked.Increment(ref router._accesses)}" }));
        var tasks = new RpcService(TaskCommandRouterReflection.Descriptor.Services[0], static _ => { });
        script(tasks);
        scriptControlPlane?.Invoke(control);
        router._server = await TestServer.StartAsync(control, tasks);
        return router;
    }

    public ModalClient CreateClient() => TestClient.Create(Url);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    public static RpcFailedException Broken() => new(RpcStatusCode.Unavailable, "The connection broke.");

    public static TaskExecStdioReadResponse Data(ReadOnlySpan<byte> bytes) => new() { Data = ByteString.CopyFrom(bytes) };
}
