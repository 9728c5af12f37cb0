using System.Reflection;
using Grpc.Net.ClientFactory;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModalAI;
using ModalAI.Configuration;
using ModalAI.DependencyInjection;
using ModalAI.Leasing;
using ModalAI.Protocol;
using ModalAI.Rpc;
using ModalAI.Tools;
using Stub = ModalAI.Protocol.ModalClient.ModalClientClient;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers sandboxes on Modal.</summary>
public static class ModalSandboxServiceCollectionExtensions
{
    /// <summary>
    /// Registers a <see cref="ModalAI.ModalClient"/>, an <see cref="IModalSandboxFactory"/> and <see cref="ModalSandboxTools"/>, all of them singletons. Options are validated
    /// when the host starts, all problems at once. A host that stops ends all leases; while it runs, sandboxes that crashed processes of the same
    /// <see cref="ModalSandboxOptions.Owner"/> left behind are ended. Called again, it adds to the same registration.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets what sandboxes are made of.</param>
    public static IModalSandboxBuilder AddModalSandbox(this IServiceCollection services, Action<ModalSandboxOptions>? configure = null) =>
        Register(services, Options.Options.DefaultName, configure);

    /// <summary>Registers as <see cref="AddModalSandbox(IServiceCollection, Action{ModalSandboxOptions}?)"/>, from configuration; the client's options are in the sub section <c>Client</c>.</summary>
    /// <param name="services">The services.</param>
    /// <param name="section">A section such as <c>ModalSandbox</c>, with the names of <see cref="ModalSandboxOptions"/>.</param>
    public static IModalSandboxBuilder AddModalSandbox(this IServiceCollection services, IConfiguration section) =>
        Register(services, Options.Options.DefaultName, section);

    /// <summary>Registers another one, side by side with the rest: its services are resolved by the name as their key, as in <c>[FromKeyedServices("gpu")]</c>.</summary>
    /// <param name="services">The services.</param>
    /// <param name="name">Name of the registration.</param>
    /// <param name="configure">Sets what sandboxes are made of.</param>
    public static IModalSandboxBuilder AddModalSandbox(this IServiceCollection services, string name, Action<ModalSandboxOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Register(services, name, configure);
    }

    /// <summary>Registers another one from configuration, side by side with the rest.</summary>
    /// <param name="services">The services.</param>
    /// <param name="name">Name of the registration.</param>
    /// <param name="section">A section with the names of <see cref="ModalSandboxOptions"/>.</param>
    public static IModalSandboxBuilder AddModalSandbox(this IServiceCollection services, string name, IConfiguration section)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Register(services, name, section);
    }

    private static ModalSandboxBuilder Register(IServiceCollection services, string name, IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(section);
        var builder = Register(services, name, options => ModalConfigurationBinding.Bind(section, options));
        services.Configure<ModalClientOptions>(name, options => ModalConfigurationBinding.Bind(section, options));
        return builder;
    }

    private static ModalSandboxBuilder Register(IServiceCollection services, string name, Action<ModalSandboxOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        var sandboxOptions = services.AddOptionsWithValidateOnStart<ModalSandboxOptions>(name);
        if (configure is not null)
        {
            sandboxOptions.Configure(configure);
        }

        if (services.Any(service => service.ServiceType == typeof(Registration) && service.ImplementationInstance is Registration known && known.Name == name))
        {
            return new ModalSandboxBuilder(name, services);
        }

        services.AddSingleton(new Registration(name));
        services.AddOptionsWithValidateOnStart<ModalClientOptions>(name);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ModalSandboxOptions>, ModalSandboxOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ModalSandboxOptions>, ToolOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<ModalClientOptions>, ModalClientOptionsResolver>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ModalClientOptions>, ModalClientOptionsValidator>());
        AddGrpcClient(services, name);
        services.AddInMemorySnapshotStore(name);
        services.TryAdd(Describe(name, provider => CreateClient(provider, name)));
        services.TryAdd(Describe<IModalSandboxFactory>(name, provider => CreateFactory(provider, name)));
        services.TryAdd(Describe(name, provider => CreateTools(provider, name, Get<IModalSandboxFactory>(provider, name))));
        services.AddSingleton<IHostedService>(provider => new LeasingService(() => Get<IModalSandboxFactory>(provider, name)));
        return new ModalSandboxBuilder(name, services);
    }

    private static void AddGrpcClient(IServiceCollection services, string name) =>
        services
            .AddGrpcClient<Stub>(GrpcName(name), (provider, grpc) => grpc.Address = new Uri(ClientOptions(provider, name).ServerUrl!))
            .ConfigureChannel(channel =>
            {
                channel.MaxReceiveMessageSize = GrpcTransport.MaxMessageSize;
                channel.MaxSendMessageSize = GrpcTransport.MaxMessageSize;
            })
            .AddInterceptor(provider =>
            {
                var options = ClientOptions(provider, name);
                return new ClientHeadersInterceptor(options, new Uri(options.ServerUrl!));
            })
            .ConfigurePrimaryHttpMessageHandler(provider => GrpcTransport.CreateHandler(ClientOptions(provider, name).ConnectTimeout))

            // The handler's connections are kept for the life of the client, which is the application's.
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)

            // These would log headers, which hold the credentials.
            .RemoveAllLoggers();

    private static ModalAI.ModalClient CreateClient(IServiceProvider provider, string name) => new(
        ClientOptions(provider, name),
        provider.GetRequiredService<GrpcClientFactory>().CreateClient<Stub>(GrpcName(name)),
        provider.GetService<ILoggerFactory>(),
        provider.GetService<TimeProvider>());

    private static ModalSandboxFactory CreateFactory(IServiceProvider provider, string name)
    {
        var options = SandboxOptions(provider, name);
        var application = provider.GetService<IHostEnvironment>()?.ApplicationName ?? Assembly.GetEntryAssembly()?.GetName().Name;
        return new(Get<ModalAI.ModalClient>(provider, name), options, LeaseTags.OwnerOf(options, application, name), Get<ISnapshotStore>(provider, name));
    }

    private static ModalSandboxTools CreateTools(IServiceProvider provider, string name, IModalSandboxFactory factory)
    {
        var options = SandboxOptions(provider, name);
        return new(ToolSetup.From(options, GetSink(provider, name)), factory, options.Mode);
    }

    /// <summary>The registration's own sink, or the one of all.</summary>
    private static IModalArtifactSink? GetSink(IServiceProvider provider, string name) =>
        (name.Length == 0 ? null : provider.GetKeyedService<IModalArtifactSink>(name)) ?? provider.GetService<IModalArtifactSink>();

    /// <summary>A service of a registration: without a key for the one without a name.</summary>
    internal static ServiceDescriptor Describe<T>(string name, Func<IServiceProvider, T> create)
        where T : class =>
        name.Length == 0 ? ServiceDescriptor.Singleton(create) : ServiceDescriptor.KeyedSingleton(name, (provider, _) => create(provider));

    private static T Get<T>(IServiceProvider provider, string name)
        where T : class =>
        name.Length == 0 ? provider.GetRequiredService<T>() : provider.GetRequiredKeyedService<T>(name);

    private static string GrpcName(string name) => name.Length == 0 ? "ModalAI" : $"ModalAI:{name}";

    private static ModalClientOptions ClientOptions(IServiceProvider provider, string name) => provider.GetRequiredService<IOptionsMonitor<ModalClientOptions>>().Get(name);

    private static ModalSandboxOptions SandboxOptions(IServiceProvider provider, string name) => provider.GetRequiredService<IOptionsMonitor<ModalSandboxOptions>>().Get(name);

    /// <summary>Marks a name as registered.</summary>
    private sealed record Registration(string Name);
}
