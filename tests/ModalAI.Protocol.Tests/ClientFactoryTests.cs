using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.ClientFactory;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using ModalAI.Protocol.Tests.Support;

namespace ModalAI.Protocol.Tests;

/// <summary>Clients that dependency injection creates.</summary>
public sealed class ClientFactoryTests
{
    [Fact]
    public async Task AddGrpcClient_Unnamed_ResolvesClientThatReachesItsAddress()
    {
        await using var server = await ScriptedServer.StartAsync(http => AnswerAsync(http, 3));
        await using var services = new ServiceCollection()
            .AddGrpcClient<TaskCommandRouter.TaskCommandRouterClient>(options => options.Address = server.Address).Services
            .BuildServiceProvider();

        var client = services.GetRequiredService<TaskCommandRouter.TaskCommandRouterClient>();

        Assert.Equal(3, await PollAsync(client));
    }

    [Fact]
    public async Task AddGrpcClient_TwoNames_EachReachesItsOwnAddress()
    {
        await using var first = await ScriptedServer.StartAsync(http => AnswerAsync(http, 1));
        await using var second = await ScriptedServer.StartAsync(http => AnswerAsync(http, 2));
        var collection = new ServiceCollection();
        collection.AddSingleton(new Addresses(first.Address, second.Address));
        collection.AddGrpcClient<TaskCommandRouter.TaskCommandRouterClient>(
            "first", (services, options) => options.Address = services.GetRequiredService<Addresses>().First);
        collection.AddGrpcClient<TaskCommandRouter.TaskCommandRouterClient>(
            "second", (services, options) => options.Address = services.GetRequiredService<Addresses>().Second);
        await using var services = collection.BuildServiceProvider();
        var factory = services.GetRequiredService<GrpcClientFactory>();

        Assert.Equal(1, await PollAsync(factory.CreateClient<TaskCommandRouter.TaskCommandRouterClient>("first")));
        Assert.Equal(2, await PollAsync(factory.CreateClient<TaskCommandRouter.TaskCommandRouterClient>("second")));
    }

    [Fact]
    public async Task AddGrpcClient_TwoClientTypes_ShareNothing()
    {
        await using var server = await ScriptedServer.StartAsync(async http =>
        {
            await http.Response.SendAsync(http.Request.Path.StartsWithSegments("/modal.client.ModalClient")
                ? GrpcResponses.Frame(new AuthTokenGetResponse { Token = "t" })
                : GrpcResponses.Frame(new TaskExecPollResponse { Code = 5 }));
            http.Response.End();
        });
        var collection = new ServiceCollection();
        collection.AddGrpcClient<TaskCommandRouter.TaskCommandRouterClient>(options => options.Address = server.Address);
        collection.AddGrpcClient<ModalClient.ModalClientClient>(options => options.Address = server.Address);
        await using var services = collection.BuildServiceProvider();

        Assert.Equal(5, await PollAsync(services.GetRequiredService<TaskCommandRouter.TaskCommandRouterClient>()));
        var token = await services.GetRequiredService<ModalClient.ModalClientClient>()
            .AuthTokenGetAsync(new AuthTokenGetRequest(), cancellationToken: TestTimeout.Token);
        Assert.Equal("t", token.Token);
    }

    [Fact]
    public void AddGrpcClient_NameOfAnotherType_Throws()
    {
        var services = new ServiceCollection();
        services.AddGrpcClient<TaskCommandRouter.TaskCommandRouterClient>("same");

        var exception = Assert.Throws<InvalidOperationException>(() => services.AddGrpcClient<ModalClient.ModalClientClient>("same"));

        Assert.Contains("'same'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CreateClient_NoAddress_ThrowsNamingClient()
    {
        using var services = new ServiceCollection()
            .AddGrpcClient<TaskCommandRouter.TaskCommandRouterClient>("router").Services
            .BuildServiceProvider();
        var factory = services.GetRequiredService<GrpcClientFactory>();

        var exception = Assert.Throws<InvalidOperationException>(() => factory.CreateClient<TaskCommandRouter.TaskCommandRouterClient>("router"));

        Assert.Contains("'router'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CreateClient_TypeNotRegistered_Throws()
    {
        using var services = new ServiceCollection()
            .AddGrpcClient<TaskCommandRouter.TaskCommandRouterClient>("router").Services
            .BuildServiceProvider();
        var factory = services.GetRequiredService<GrpcClientFactory>();

        Assert.Throws<InvalidOperationException>(() => factory.CreateClient<ModalClient.ModalClientClient>("router"));
    }

    [Fact]
    public async Task ConfigurePrimaryHttpMessageHandler_OwnHandler_SendsTheCalls()
    {
        await using var server = await ScriptedServer.StartAsync(http => AnswerAsync(http, 4));
        using var handler = new CountingHandler();
        await using var services = new ServiceCollection()
            .AddGrpcClient<TaskCommandRouter.TaskCommandRouterClient>(options => options.Address = server.Address)
            .ConfigurePrimaryHttpMessageHandler(() => handler).Services
            .BuildServiceProvider();

        await PollAsync(services.GetRequiredService<TaskCommandRouter.TaskCommandRouterClient>());
        await PollAsync(services.GetRequiredService<TaskCommandRouter.TaskCommandRouterClient>());

        Assert.Equal(2, handler.Count);
    }

    [Fact]
    public async Task AddHttpMessageHandler_HandlerInBetween_SeesTheCalls()
    {
        await using var server = await ScriptedServer.StartAsync(http => AnswerAsync(http, 4));
        var seen = new List<string>();
        await using var services = new ServiceCollection()
            .AddGrpcClient<TaskCommandRouter.TaskCommandRouterClient>(options => options.Address = server.Address)
            .AddHttpMessageHandler(() => new RecordingHandler(seen)).Services
            .BuildServiceProvider();

        await PollAsync(services.GetRequiredService<TaskCommandRouter.TaskCommandRouterClient>());

        Assert.Equal(["/modal.task_command_router.TaskCommandRouter/TaskExecPoll"], seen);
    }

    [Fact]
    public async Task ConfigureHttpClient_BaseAddressAndHeaders_CountForTheCalls()
    {
        string? header = null;
        await using var server = await ScriptedServer.StartAsync(http =>
        {
            header = http.Request.Headers["x-default"];
            return AnswerAsync(http, 4);
        });
        await using var services = new ServiceCollection()
            .AddGrpcClient<TaskCommandRouter.TaskCommandRouterClient>("router")
            .ConfigureHttpClient(http =>
            {
                http.BaseAddress = server.Address;
                http.DefaultRequestHeaders.Add("X-Default", "yes");
            }).Services
            .BuildServiceProvider();

        await PollAsync(services.GetRequiredService<TaskCommandRouter.TaskCommandRouterClient>());

        Assert.Equal("yes", header);
    }

    [Fact]
    public async Task ConfigureChannel_ReceiveLimit_RefusesLargerMessage()
    {
        await using var server = await ScriptedServer.StartAsync(http => AnswerAsync(http, int.MaxValue));
        await using var services = new ServiceCollection()
            .AddGrpcClient<TaskCommandRouter.TaskCommandRouterClient>(options => options.Address = server.Address)
            .ConfigureChannel(channel => channel.MaxReceiveMessageSize = 2).Services
            .BuildServiceProvider();

        var client = services.GetRequiredService<TaskCommandRouter.TaskCommandRouterClient>();
        var exception = await Assert.ThrowsAsync<RpcException>(() => PollAsync(client));

        Assert.Equal(StatusCode.ResourceExhausted, exception.StatusCode);
    }

    [Fact]
    public async Task AddInterceptor_ChannelAndClientScopes_ClientsComeFirstAndChannelsAreShared()
    {
        await using var server = await ScriptedServer.StartAsync(http => AnswerAsync(http, 4));
        var order = new List<string>();
        var created = new List<string>();
        await using var services = new ServiceCollection()
            .AddScoped(_ => Create("service"))
            .AddGrpcClient<TaskCommandRouter.TaskCommandRouterClient>(options => options.Address = server.Address)
            .AddInterceptor(_ => Create("channel"))
            .AddInterceptor<OrderInterceptor>()
            .AddInterceptor(InterceptorScope.Client, _ => Create("client")).Services
            .BuildServiceProvider();

        await PollAsync(services.GetRequiredService<TaskCommandRouter.TaskCommandRouterClient>());
        await PollAsync(services.GetRequiredService<TaskCommandRouter.TaskCommandRouterClient>());

        Assert.Equal(["client", "channel", "service", "client", "channel", "service"], order);
        Assert.Equal(["channel", "client", "client", "service"], created.Order());

        OrderInterceptor Create(string name)
        {
            created.Add(name);
            return new OrderInterceptor(name, order);
        }
    }

    [Fact]
    public async Task CallOptionsActions_AddedHeader_ReachesServer()
    {
        string? header = null;
        await using var server = await ScriptedServer.StartAsync(http =>
        {
            header = http.Request.Headers["x-added"];
            return AnswerAsync(http, 4);
        });
        await using var services = new ServiceCollection()
            .AddGrpcClient<TaskCommandRouter.TaskCommandRouterClient>(options =>
            {
                options.Address = server.Address;
                options.CallOptionsActions.Add(context => context.CallOptions = context.CallOptions.WithHeaders(new Metadata { { "x-added", "1" } }));
            }).Services
            .BuildServiceProvider();

        await PollAsync(services.GetRequiredService<TaskCommandRouter.TaskCommandRouterClient>());

        Assert.Equal("1", header);
    }

    [Fact]
    public void Creator_Set_CreatesTheClient()
    {
        var created = new TaskCommandRouter.TaskCommandRouterClient(Grpc.Net.Client.GrpcChannel.ForAddress("http://localhost"));
        using var services = new ServiceCollection()
            .AddGrpcClient<TaskCommandRouter.TaskCommandRouterClient>(options =>
            {
                options.Address = new Uri("http://localhost");
                options.Creator = _ => created;
            }).Services
            .BuildServiceProvider();

        Assert.Same(created, services.GetRequiredService<TaskCommandRouter.TaskCommandRouterClient>());
    }

    [Fact]
    public void AddInterceptor_NotAGrpcClient_Throws()
    {
        var builder = new ServiceCollection().AddHttpClient("plain");

        Assert.Throws<InvalidOperationException>(() => builder.AddInterceptor(() => new OrderInterceptor("x", [])));
    }

    private static async Task AnswerAsync(HttpContext http, int code)
    {
        await http.Response.SendAsync(GrpcResponses.Frame(new TaskExecPollResponse { Code = code }));
        http.Response.End();
    }

    private static async Task<int> PollAsync(TaskCommandRouter.TaskCommandRouterClient client) =>
        (await client.TaskExecPollAsync(new TaskExecPollRequest(), cancellationToken: TestTimeout.Token)).Code;

    private sealed record Addresses(Uri First, Uri Second);

    private sealed class OrderInterceptor(string name, List<string> order) : Interceptor
    {
        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request,
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            order.Add(name);
            return continuation(request, context);
        }
    }

    private sealed class CountingHandler() : DelegatingHandler(GrpcTransport.CreateHandler(TimeSpan.FromSeconds(10)))
    {
        public int Count { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Count++;
            return base.SendAsync(request, cancellationToken);
        }
    }

    private sealed class RecordingHandler(List<string> seen) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            seen.Add(request.RequestUri!.AbsolutePath);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
