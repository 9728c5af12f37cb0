using ModalAI.Emulator.Server;
using ModalAI.Protocol;
using ModalAI.Tests.Sandboxes;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Rpc;

/// <summary>What the command router sees of this client.</summary>
public sealed class RouterRequestTests
{
    [Fact]
    public async Task Call_OfTheRouter_CarriesItsTokenAndNothingOfTheWorkspace()
    {
        RpcContext? seen = null;
        await using var router = await ScriptedRouter.StartAsync(service =>
            service.Unary<TaskExecStartRequest, TaskExecStartResponse>("TaskExecStart", (_, context) =>
            {
                seen = context;
                return Task.FromResult(new TaskExecStartResponse());
            }));
        await using var client = router.CreateClient();

        await using var process = await client.Sandboxes.Get(ScriptedRouter.SandboxId).StartProcessAsync(ModalCommand.Create("x"), TestTimeout.Token);

        Assert.Equal("Bearer router-token-1", seen!.Header("authorization"));
        string[] ofTheControlPlane =
        [
            "x-modal-token-id", "x-modal-token-secret", "x-modal-auth-token", "x-modal-client-type", "x-modal-client-version", "x-modal-libmodal-version", "x-modal-host",
            "x-idempotency-key", "x-retry-attempt", "x-retry-delay", "x-throttle-retry-attempt", "x-throttle-retry-delay",
        ];
        Assert.All(ofTheControlPlane, header => Assert.Null(seen.Header(header)));
    }

    [Fact]
    public async Task Output_TokenRefusedDuringTheRead_IsRenewedEachTimeThatTheStreamHasMovedOn()
    {
        // Each token serves for one message: the stream breaks with UNAUTHENTICATED in its middle, again and again.
        var served = new HashSet<string>(StringComparer.Ordinal);
        await using var router = await ScriptedRouter.StartAsync(service =>
        {
            service.Unary<TaskExecStartRequest, TaskExecStartResponse>("TaskExecStart", (_, _) => Task.FromResult(new TaskExecStartResponse()));
            service.ServerStreaming<TaskExecStdioReadRequest, TaskExecStdioReadResponse>("TaskExecStdioRead", async (request, writer, context) =>
            {
                if (request.Offset == 20)
                {
                    return;
                }

                if (served.Add(context.Header("authorization")!))
                {
                    await writer.WriteAsync(ScriptedRouter.Data("x"u8), context.CancellationToken);
                }

                throw RpcFailedException.Unauthenticated("The token was rotated.");
            });
        });
        await using var client = router.CreateClient();
        await using var process = await client.Sandboxes.Get(ScriptedRouter.SandboxId).StartProcessAsync(ModalCommand.Create("x"), TestTimeout.Token);
        using var reader = new StreamReader(process.StandardOutput);

        Assert.Equal(new string('x', 20), await reader.ReadToEndAsync(TestTimeout.Token));
        Assert.Equal(20, served.Count);
    }
}
