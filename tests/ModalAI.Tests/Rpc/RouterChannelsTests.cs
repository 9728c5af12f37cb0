using Grpc.Core;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;
using ModalAI.Rpc;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Rpc;

public sealed class RouterChannelsTests
{
    [Fact]
    public async Task Retire_CallUnderWay_LetsItEndAndClosesTheConnectionThen()
    {
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var service = new RpcService(TaskCommandRouterReflection.Descriptor.Services[0], static _ => { });
        service.Unary<TaskExecPollRequest, TaskExecPollResponse>("TaskExecPoll", async (_, context) =>
        {
            arrived.TrySetResult();
            await release.Task.WaitAsync(context.CancellationToken);
            return new TaskExecPollResponse { Code = 7 };
        });
        await using var server = await TestServer.StartAsync(service);
        var url = new Uri($"http://127.0.0.1:{server.Port}");

        // Never idle: only the retirement closes the connection.
        using var channels = new RouterChannels(url, new ModalClientOptions { RouterIdleTimeout = TimeSpan.Zero });
        var address = channels.AddressOf(url.ToString());
        using var held = channels.Get(address).TaskExecPollAsync(new TaskExecPollRequest(), new CallOptions(cancellationToken: TestTimeout.Token));
        await arrived.Task.WaitAsync(TestTimeout.Token);

        channels.Retire(address);
        Assert.Equal(1, server.Connections);
        release.SetResult();

        Assert.Equal(7, (await held.ResponseAsync).Code);
        var limit = TestTimeout.Token;
        while (server.Connections > 0)
        {
            await Task.Delay(20, limit);
        }

        // A session that still names the address dials it again.
        using var again = channels.Get(address).TaskExecPollAsync(new TaskExecPollRequest(), new CallOptions(cancellationToken: TestTimeout.Token));
        Assert.Equal(7, (await again.ResponseAsync).Code);
    }
}
