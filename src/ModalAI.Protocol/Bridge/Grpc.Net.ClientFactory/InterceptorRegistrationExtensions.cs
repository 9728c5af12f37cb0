using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Grpc.Net.ClientFactory;

/// <summary>Adds registered interceptors to an invoker.</summary>
internal static class InterceptorRegistrationExtensions
{
    public static CallInvoker Intercept(
        this CallInvoker invoker, GrpcClientFactoryOptions options, InterceptorScope scope, IServiceProvider services) =>
        invoker.Intercept([.. options.InterceptorRegistrations
            .Where(registration => registration.Scope == scope)
            .Select(registration => registration.Creator(services))]);
}
