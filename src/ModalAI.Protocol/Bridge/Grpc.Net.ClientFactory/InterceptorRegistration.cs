using Grpc.Core.Interceptors;

namespace Grpc.Net.ClientFactory;

/// <summary>How to create an interceptor, and how long it lives.</summary>
internal sealed class InterceptorRegistration(InterceptorScope scope, Func<IServiceProvider, Interceptor> creator)
{
    public InterceptorScope Scope { get; } = scope;

    public Func<IServiceProvider, Interceptor> Creator { get; } = creator;
}
