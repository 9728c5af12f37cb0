using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Grpc.Net.ClientFactory;

/// <summary>Which names are taken by which type of client. It is filled while services are registered, and so finds conflicts there.</summary>
internal sealed class GrpcClientMappingRegistry
{
    private readonly Dictionary<string, Type> _types = [];

    /// <summary>The one registry of a service collection.</summary>
    public static GrpcClientMappingRegistry Of(IServiceCollection services)
    {
        services.TryAddSingleton(new GrpcClientMappingRegistry());
        return (GrpcClientMappingRegistry)services.Single(static service => service.ServiceType == typeof(GrpcClientMappingRegistry))
            .ImplementationInstance!;
    }

    public void Reserve(string name, Type type)
    {
        if (_types.TryGetValue(name, out var other) && other != type)
        {
            throw new InvalidOperationException(
                $"The gRPC client factory already has a registered client with the name '{name}', bound to the type '{other.FullName}'. " +
                "Use an overload of AddGrpcClient that accepts a string and provide a unique name to resolve the conflict.");
        }

        _types[name] = type;
    }

    public bool IsRegistered(string name) => _types.ContainsKey(name);

    public bool IsRegistered(Type type) => _types.ContainsValue(type);
}
