using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Grpc.Net.ClientFactory;

/// <summary>Creates one channel for each name, with the HTTP handlers that IHttpClientFactory has for that name, and keeps it.</summary>
internal sealed class GrpcCallInvokerFactory(
    IServiceScopeFactory scopes,
    ILoggerFactory loggers,
    IOptionsMonitor<GrpcClientFactoryOptions> optionsMonitor,
    IOptionsMonitor<HttpClientFactoryOptions> httpOptionsMonitor,
    IHttpMessageHandlerFactory handlers)
{
    private readonly ConcurrentDictionary<(string Name, Type Type), CallInvoker> _invokers = new();

    public CallInvoker GetInvoker(string name, Type type) =>
        _invokers.GetOrAdd((name, type), static (key, factory) => factory.Create(key.Name, key.Type), this);

    private CallInvoker Create(string name, Type type)
    {
        // Channel interceptors live as long as the channel, and so does the scope that they come from.
        var scope = scopes.CreateScope();
        try
        {
            var options = optionsMonitor.Get(name);
            ApplyHttpClientActions(options, httpOptionsMonitor.Get(name));
            var channelOptions = new GrpcChannelOptions { HttpHandler = handlers.CreateHandler(name), LoggerFactory = loggers };
            foreach (var configure in options.ChannelOptionsActions)
            {
                configure(channelOptions);
            }

            var address = options.Address ?? throw new InvalidOperationException(
                $"Could not resolve the address for gRPC client '{name}'. Set an address when registering the client: " +
                $"services.AddGrpcClient<{type.Name}>(o => o.Address = new Uri(\"https://localhost:5001\"))");
            return GrpcChannel.ForAddress(address, channelOptions)
                .CreateCallInvoker()
                .Intercept(options, InterceptorScope.Channel, scope.ServiceProvider);
        }
        catch
        {
            scope.Dispose();
            throw;
        }
    }

    /// <summary>An application may configure every HttpClient it has: address and default headers count for gRPC clients too.</summary>
    private static void ApplyHttpClientActions(GrpcClientFactoryOptions options, HttpClientFactoryOptions httpOptions)
    {
        if (httpOptions.HttpClientActions.Count == 0)
        {
            return;
        }

        using var client = new HttpClient();
        foreach (var configure in httpOptions.HttpClientActions)
        {
            configure(client);
        }

        options.Address ??= client.BaseAddress;
        var defaults = client.DefaultRequestHeaders
            .SelectMany(static header => header.Value, static (header, value) => new Metadata.Entry(header.Key, value))
            .ToArray();
        if (defaults.Length != 0)
        {
            options.CallOptionsActions.Add(context => context.CallOptions = AddMissing(context.CallOptions, defaults));
        }
    }

    private static CallOptions AddMissing(CallOptions options, Metadata.Entry[] defaults)
    {
        var headers = options.Headers ?? [];
        var missing = Array.FindAll(defaults, entry => headers.Get(entry.Key) is null);
        foreach (var entry in missing)
        {
            headers.Add(entry);
        }

        return options.WithHeaders(headers);
    }
}
