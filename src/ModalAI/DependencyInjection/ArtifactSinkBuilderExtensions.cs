using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection.Extensions;
using ModalAI;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>
/// Says what takes the files that agents publish out of the sandboxes of a registration. Only where there is one, the tools have a function for that. Registrations
/// with a name that say nothing use the one of the registration without a name, or any other <see cref="IModalArtifactSink"/> of the services.
/// </summary>
public static class ArtifactSinkBuilderExtensions
{
    /// <summary>Gives published files to a sink of the application's own, which the services make.</summary>
    /// <typeparam name="TSink">The sink; a singleton of this registration.</typeparam>
    /// <param name="builder">The registration.</param>
    public static IModalSandboxBuilder UseArtifactSink<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TSink>(this IModalSandboxBuilder builder)
        where TSink : class, IModalArtifactSink
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.Replace(ModalSandboxServiceCollectionExtensions.Describe<IModalArtifactSink>(
            builder.Name, static provider => ActivatorUtilities.CreateInstance<TSink>(provider)));
        return builder;
    }

    /// <summary>Gives published files to a sink that is there already; the services don't dispose of it.</summary>
    /// <param name="builder">The registration.</param>
    /// <param name="sink">The sink.</param>
    public static IModalSandboxBuilder UseArtifactSink(this IModalSandboxBuilder builder, IModalArtifactSink sink)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(sink);
        builder.Services.Replace(builder.Name.Length == 0 ? ServiceDescriptor.Singleton(sink) : ServiceDescriptor.KeyedSingleton(builder.Name, sink));
        return builder;
    }
}
