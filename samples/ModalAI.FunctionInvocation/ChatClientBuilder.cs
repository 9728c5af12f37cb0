namespace Microsoft.Extensions.AI;

/// <summary>Puts clients around an <see cref="IChatClient"/>. What is added first is outermost.</summary>
public sealed class ChatClientBuilder
{
    private readonly Func<IServiceProvider, IChatClient> _innermost;
    private readonly List<Func<IChatClient, IServiceProvider, IChatClient>> _layers = [];

    /// <param name="innerClient">The client that answers in the end.</param>
    public ChatClientBuilder(IChatClient innerClient)
    {
        ArgumentNullException.ThrowIfNull(innerClient);
        _innermost = _ => innerClient;
    }

    /// <param name="innerClientFactory">Makes the client that answers in the end.</param>
    public ChatClientBuilder(Func<IServiceProvider, IChatClient> innerClientFactory)
    {
        ArgumentNullException.ThrowIfNull(innerClientFactory);
        _innermost = innerClientFactory;
    }

    /// <summary>Adds a layer.</summary>
    public ChatClientBuilder Use(Func<IChatClient, IChatClient> clientFactory)
    {
        ArgumentNullException.ThrowIfNull(clientFactory);
        return Use((innerClient, _) => clientFactory(innerClient));
    }

    /// <summary>Adds a layer that takes something from the services.</summary>
    public ChatClientBuilder Use(Func<IChatClient, IServiceProvider, IChatClient> clientFactory)
    {
        ArgumentNullException.ThrowIfNull(clientFactory);
        _layers.Add(clientFactory);
        return this;
    }

    /// <summary>Makes the client with all its layers; without services each layer sees an empty provider.</summary>
    public IChatClient Build(IServiceProvider? services = null)
    {
        services ??= NoServices.Instance;
        var client = _innermost(services);
        for (var index = _layers.Count - 1; index >= 0; index--)
        {
            client = _layers[index](client, services)
                ?? throw new InvalidOperationException(
                    $"The factory at index {index} that was given to {nameof(Use)} returned no client; it must return one.");
        }

        return client;
    }

    private sealed class NoServices : IServiceProvider
    {
        public static readonly NoServices Instance = new();

        public object? GetService(Type serviceType) => null;
    }
}
