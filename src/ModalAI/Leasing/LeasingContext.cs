using Microsoft.Extensions.Logging;

namespace ModalAI.Leasing;

/// <summary>What all parts of one registration's leasing share.</summary>
internal sealed class LeasingContext
{
    private readonly Lock _gate = new();
    private Task<string>? _configurationHash;

    /// <param name="client">The client.</param>
    /// <param name="options">What sandboxes are made of.</param>
    /// <param name="owner">Whose they are.</param>
    public LeasingContext(ModalClient client, ModalSandboxOptions options, string owner)
    {
        Client = client;
        Options = options;
        Owner = owner;
        Logger = client.LoggerFor<IModalSandboxFactory>();
        Limits = new SandboxLimits(options, client.TimeProvider);
    }

    public ModalClient Client { get; }

    public ModalSandboxOptions Options { get; }

    /// <summary>The application and registration, to which sandboxes belong.</summary>
    public string Owner { get; }

    /// <summary>This process, or rather this factory: another one in the same process holds what is its own.</summary>
    public string Holder { get; } = Guid.NewGuid().ToString("N");

    public ILogger Logger { get; }

    public TimeProvider Time => Client.TimeProvider;

    public SandboxLimits Limits { get; }

    public HeldSandboxes Held { get; } = new();

    /// <summary>Until when a sandbox of this process may be taken for alive that shows a sign of life now.</summary>
    public DateTimeOffset NextExpiry => Time.GetUtcNow() + Options.LeaseDuration;

    /// <summary>The hash of the options, computed once: content files are read for it.</summary>
    public Task<string> GetConfigurationHashAsync()
    {
        lock (_gate)
        {
            // One that failed is tried again: a content file may be there by then.
            return _configurationHash is null or { IsFaulted: true }
                ? _configurationHash = ConfigurationHash.ComputeAsync(Options, CancellationToken.None)
                : _configurationHash;
        }
    }
}
