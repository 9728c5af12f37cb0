using System.Diagnostics.CodeAnalysis;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Grpc.Net.ClientFactory;

/// <summary>Puts a client together: the channel of its name, shared; then what is its own.</summary>
internal sealed class DefaultGrpcClientFactory(
    IServiceProvider services,
    GrpcCallInvokerFactory invokers,
    GrpcClientMappingRegistry registry,
    IOptionsMonitor<GrpcClientFactoryOptions> optionsMonitor) : GrpcClientFactory
{
    public override TClient CreateClient<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TClient>(string name)
    {
        if (!registry.IsRegistered(typeof(TClient)))
        {
            throw new InvalidOperationException($"No gRPC client configured with name '{name}'.");
        }

        var invoker = invokers.GetInvoker(name, typeof(TClient));
        var options = optionsMonitor.Get(name);
        invoker = invoker.Intercept(options, InterceptorScope.Client, services);
        if (options.CallOptionsActions.Count != 0)
        {
            invoker = new CallOptionsConfigurationInvoker(invoker, options.CallOptionsActions, services);
        }

        return options.Creator is { } create ? Cast<TClient>(create(invoker)) : ActivatorUtilities.CreateInstance<TClient>(services, invoker);
    }

    private static TClient Cast<TClient>(object? client) => client switch
    {
        TClient typed => typed,
        null => throw new InvalidOperationException("A null instance was returned by the configured client creator."),
        _ => throw new InvalidOperationException(
            $"The {client.GetType().FullName} instance returned by the configured client creator is not compatible with {typeof(TClient).FullName}."),
    };
}
