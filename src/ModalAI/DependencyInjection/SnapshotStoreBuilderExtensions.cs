using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using ModalAI;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Says where a registration remembers the snapshots of stopped sandboxes. By default in memory, for as long as the process lives.</summary>
public static class SnapshotStoreBuilderExtensions
{
    /// <summary>Remembers snapshots in a store of the application's own, which the services make.</summary>
    /// <typeparam name="TStore">The store; a singleton of this registration.</typeparam>
    /// <param name="builder">The registration.</param>
    public static IModalSandboxBuilder UseSnapshotStore<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TStore>(this IModalSandboxBuilder builder)
        where TStore : class, ISnapshotStore =>
        Use(builder, static provider => ActivatorUtilities.CreateInstance<TStore>(provider));

    /// <summary>Remembers snapshots in a store that is there already; the services don't dispose of it.</summary>
    /// <param name="builder">The registration.</param>
    /// <param name="store">The store.</param>
    public static IModalSandboxBuilder UseSnapshotStore(this IModalSandboxBuilder builder, ISnapshotStore store)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(store);
        builder.Services.Replace(builder.Name.Length == 0 ? ServiceDescriptor.Singleton(store) : ServiceDescriptor.KeyedSingleton(builder.Name, store));
        return builder;
    }

    /// <summary>Remembers snapshots in the <see cref="IDistributedCache"/> of the services, such as Redis, so that another process can go on from them.</summary>
    /// <param name="builder">The registration.</param>
    public static IModalSandboxBuilder UseDistributedSnapshotStore(this IModalSandboxBuilder builder) => Use(
        builder,
        static provider => new DistributedCacheSnapshotStore(
            provider.GetService<IDistributedCache>()
                ?? throw new InvalidOperationException("UseDistributedSnapshotStore needs an IDistributedCache in the services: add one, such as with AddStackExchangeRedisCache."),
            provider.GetService<TimeProvider>(),
            provider.GetService<ILogger<DistributedCacheSnapshotStore>>()));

    /// <summary>The store of a registration that names none.</summary>
    internal static void AddInMemorySnapshotStore(this IServiceCollection services, string name) => services.TryAdd(Describe(
        name, static provider => new InMemorySnapshotStore(timeProvider: provider.GetService<TimeProvider>(), logger: provider.GetService<ILogger<InMemorySnapshotStore>>())));

    private static IModalSandboxBuilder Use(IModalSandboxBuilder builder, Func<IServiceProvider, ISnapshotStore> create)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.Replace(Describe(builder.Name, create));
        return builder;
    }

    private static ServiceDescriptor Describe(string name, Func<IServiceProvider, ISnapshotStore> create) => ModalSandboxServiceCollectionExtensions.Describe(name, create);
}
