using System.Collections.Concurrent;
using ModalAI.Emulator;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Sandboxes;

/// <summary>
/// A control plane on a real port that takes note of what it is sent to create sandboxes, and creates none. What a test adds goes before what is there.
/// </summary>
internal sealed class ScriptedControlPlane : IAsyncDisposable
{
    public const string V1Id = "sb-0123456789abcdefghijAB";
    public const string V2Id = "sb-01ARZ3NDEKTSV4RRFFQ69G5FAV";

    private readonly ConcurrentQueue<(string Rpc, object Request, string? Key)> _calls = new();
    private RpcServer _server = null!;

    public string Url => $"http://127.0.0.1:{_server.Port}";

    /// <summary>What was called, with the idempotency key of each call.</summary>
    public IReadOnlyList<(string Rpc, object Request, string? Key)> Calls => [.. _calls];

    /// <summary>The one request of its kind.</summary>
    public TRequest Single<TRequest>() => Assert.Single(_calls.Select(static call => call.Request).OfType<TRequest>());

    public int Count(string rpc) => _calls.Count(call => call.Rpc == rpc);

    /// <param name="getTaskId">Answers the look-up of a V1 sandbox's task, by how often it was asked before.</param>
    /// <param name="createV2">Answers the creation of a V2 sandbox, by how often it was asked before.</param>
    public static async Task<ScriptedControlPlane> StartAsync(
        Func<int, SandboxGetTaskIdResponse>? getTaskId = null, Func<int, SandboxCreateV2Response>? createV2 = null)
    {
        var plane = new ScriptedControlPlane();
        var control = new RpcService(ModalClientReflection.Descriptor.Services[0], static _ => { });
        plane.On(control, "AuthTokenGet", (AuthTokenGetRequest _, int _) => new AuthTokenGetResponse { Token = "token" });
        plane.On(control, "AppGetOrCreate", (AppGetOrCreateRequest _, int _) => new AppGetOrCreateResponse { AppId = "ap-1" });
        plane.On(control, "SecretGetOrCreate", (SecretGetOrCreateRequest request, int _) => new SecretGetOrCreateResponse { SecretId = $"st-{request.DeploymentName}" });
        plane.On(control, "VolumeGetOrCreate", (VolumeGetOrCreateRequest request, int _) => new VolumeGetOrCreateResponse { VolumeId = $"vo-{request.DeploymentName}" });
        plane.On(control, "SandboxCreate", (SandboxCreateRequest _, int _) => new SandboxCreateResponse { SandboxId = V1Id });
        plane.On(
            control,
            "SandboxCreateV2",
            (SandboxCreateV2Request _, int before) => createV2?.Invoke(before) ?? new SandboxCreateV2Response { SandboxId = V2Id, TaskId = "ta-1" });
        plane.On(control, "SandboxGetTaskId", (SandboxGetTaskIdRequest _, int before) => getTaskId?.Invoke(before) ?? new SandboxGetTaskIdResponse { TaskId = "ta-1" });
        plane.On(control, "SandboxTerminate", (SandboxTerminateRequest _, int _) => new SandboxTerminateResponse());
        plane.On(control, "SandboxTerminateV2", (SandboxTerminateRequest _, int _) => new SandboxTerminateResponse());
        plane._server = await TestServer.StartAsync(control);
        return plane;
    }

    public ModalClient CreateClient(Action<ModalClientOptions>? configure = null) => TestClient.Create(Url, configure);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private void On<TRequest, TResponse>(RpcService service, string rpc, Func<TRequest, int, TResponse> answer)
        where TRequest : class, Google.Protobuf.IMessage<TRequest>
        where TResponse : class, Google.Protobuf.IMessage<TResponse>
        => service.Unary(rpc, (TRequest request, RpcContext context) =>
        {
            var before = Count(rpc);
            _calls.Enqueue((rpc, request, context.Header("x-idempotency-key")));
            return Task.FromResult(answer(request, before));
        });
}
