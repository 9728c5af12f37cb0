using Grpc.Core;
using Grpc.Net.Client;
using ModalAI.Protocol.Tests.Support;

namespace ModalAI.Protocol.Tests.Bridge;

/// <summary>Calls whose caller went away leave no unobserved exception.</summary>
[Collection(nameof(AbandonedCallTests))]
[CollectionDefinition(nameof(AbandonedCallTests), DisableParallelization = true)]
public sealed class AbandonedCallTests
{
    [Fact]
    public async Task Calls_CanceledAndDisposedUnawaited_RaiseNoUnobservedException()
    {
        var unobserved = await CollectUnobservedAsync(async () =>
        {
            await using var held = await HeldServer.OpenAsync();
            using var source = new CancellationTokenSource();
            var options = new CallOptions(cancellationToken: source.Token);
            _ = held.Router.Poll(options);
            held.Router.Read(options).ResponseStream.GetHashCode();
            _ = held.Router.Write(options);
            var disposed = held.Router.Poll();
            _ = disposed.ResponseHeadersAsync;
            await held.Arrived;
            disposed.Dispose();
            await source.CancelAsync();
            await held.Aborted;
        });

        Assert.Empty(unobserved);
    }

    [Fact]
    public async Task Calls_FailedAndDisposedUnawaited_RaiseNoUnobservedException()
    {
        var unobserved = await CollectUnobservedAsync(async () =>
        {
            using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{Ports.Closed()}");
            var client = new TaskCommandRouter.TaskCommandRouterClient(channel);
            using var poll = client.TaskExecPollAsync(new TaskExecPollRequest());
            using var read = client.TaskExecStdioRead(new TaskExecStdioReadRequest());
            using var write = client.TaskExecStdinWriteStream();
            _ = write.ResponseHeadersAsync;
            using var last = client.TaskExecPollAsync(new TaskExecPollRequest());
            await Assert.ThrowsAsync<RpcException>(() => last.ResponseAsync);
        });

        Assert.Empty(unobserved);
    }

    [Fact]
    public async Task Calls_FailedAndForgotten_RaiseNoUnobservedException()
    {
        var unobserved = await CollectUnobservedAsync(async () =>
        {
            await using var router = await RouterConnection.OpenAsync(http =>
            {
                http.Response.EndInHeaders(5);
                return Task.CompletedTask;
            });
            _ = router.Poll();
            _ = router.Read();
            _ = router.Write();
            await Assert.ThrowsAsync<RpcException>(() => router.Poll().ResponseAsync);
        });

        Assert.Empty(unobserved);
    }

    private static async Task<List<Exception>> CollectUnobservedAsync(Func<Task> act)
    {
        var unobserved = new List<Exception>();
        EventHandler<UnobservedTaskExceptionEventArgs> handler = (_, e) =>
        {
            lock (unobserved)
            {
                unobserved.AddRange(e.Exception.InnerExceptions.Where(exception => exception is RpcException or OperationCanceledException));
            }
        };
        FinalizeForgottenTasks();
        TaskScheduler.UnobservedTaskException += handler;
        try
        {
            await Task.Run(act);
            FinalizeForgottenTasks();
            return unobserved;
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= handler;
        }
    }

    private static void FinalizeForgottenTasks()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }
}
