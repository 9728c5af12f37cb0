using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Http;

namespace ModalAI.Protocol.Tests.Support;

/// <summary>A command router stub on a channel to a scripted server.</summary>
internal sealed class RouterConnection : IAsyncDisposable
{
    private readonly ScriptedServer _server;

    private RouterConnection(ScriptedServer server, GrpcChannel channel)
    {
        _server = server;
        Channel = channel;
        Client = new TaskCommandRouter.TaskCommandRouterClient(channel);
    }

    public GrpcChannel Channel { get; }

    public TaskCommandRouter.TaskCommandRouterClient Client { get; }

    public static async Task<RouterConnection> OpenAsync(RequestDelegate script, Action<GrpcChannelOptions>? configure = null)
    {
        var server = await ScriptedServer.StartAsync(script);
        var options = new GrpcChannelOptions
        {
            HttpHandler = GrpcTransport.CreateHandler(TimeSpan.FromSeconds(10)),
            DisposeHttpClient = true,
            MaxReceiveMessageSize = GrpcTransport.MaxMessageSize,
            MaxSendMessageSize = GrpcTransport.MaxMessageSize,
        };
        configure?.Invoke(options);
        return new RouterConnection(server, GrpcChannel.ForAddress(server.Address, options));
    }

    public AsyncUnaryCall<TaskExecPollResponse> Poll(CallOptions options = default) =>
        Client.TaskExecPollAsync(new TaskExecPollRequest { TaskId = "ta-1", ExecId = "ex-1" }, WithLimit(options));

    public AsyncServerStreamingCall<TaskExecStdioReadResponse> Read(CallOptions options = default) =>
        Client.TaskExecStdioRead(new TaskExecStdioReadRequest { TaskId = "ta-1", ExecId = "ex-1" }, WithLimit(options));

    public AsyncClientStreamingCall<TaskExecStdinWriteStreamRequest, TaskExecStdinWriteStreamResponse> Write(CallOptions options = default) =>
        Client.TaskExecStdinWriteStream(WithLimit(options));

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        await _server.DisposeAsync();
    }

    private static CallOptions WithLimit(CallOptions options) =>
        options.CancellationToken.CanBeCanceled ? options : options.WithCancellationToken(TestTimeout.Token);
}
