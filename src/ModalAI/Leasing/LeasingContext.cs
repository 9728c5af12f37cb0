using Microsoft.Extensions.Logging;

namespace ModalAI.Leasing;

/// <summary>What all parts of one registration's leasing share.</summary>
internal sealed class LeasingContext
{
    private readonly Lock _gate = new();
    private Task<string>? _configurationHash;
    private Task? _preparation;

    /// <param name="client">The client.</param>
    /// <param name="options">What sandboxes are made of.</param>
    /// <param name="owner">Whose they are.</param>
    /// <param name="stopping">Cancelled when the leasing ends.</param>
    public LeasingContext(ModalClient client, ModalSandboxOptions options, string owner, CancellationToken stopping)
    {
        Client = client;
        Options = options;
        Owner = owner;
        Stopping = stopping;
        Logger = client.LoggerFor<IModalSandboxFactory>();
        Limits = new SandboxLimits(options, client.TimeProvider);
    }

    public ModalClient Client { get; }

    public ModalSandboxOptions Options { get; }

    /// <summary>The application and registration, to which sandboxes belong.</summary>
    public string Owner { get; }

    /// <summary>This process, or rather this factory: another one in the same process holds what is its own.</summary>
    public string Holder { get; } = Guid.NewGuid().ToString("N");

    /// <summary>Cancelled when the leasing ends.</summary>
    public CancellationToken Stopping { get; }

    public ILogger Logger { get; }

    public TimeProvider Time => Client.TimeProvider;

    public SandboxLimits Limits { get; }

    public HeldSandboxes Held { get; } = new();

    /// <summary>How long a creation may take, where Modal does not ask for a pause.</summary>
    public TimeSpan CreateTimeout => Client.Options.CreateTimeout + (string.IsNullOrEmpty(Options.Gpu) ? TimeSpan.Zero : Client.Options.SchedulingTimeout);

    /// <summary>Until when a sandbox of this process may be taken for alive that shows a sign of life now.</summary>
    public DateTimeOffset NextExpiry => Time.GetUtcNow() + Options.LeaseDuration;

    /// <summary>The hash of the options; computed once, unless files of this computer are part of it.</summary>
    public Task<string> GetConfigurationHashAsync()
    {
        lock (_gate)
        {
            if (_configurationHash is null || Options.InitialFiles.Values.Any(static content => content.ContentFile is not null))
            {
                _configurationHash = ConfigurationHash.ComputeAsync(Options, CancellationToken.None);
            }

            return _configurationHash;
        }
    }

    /// <summary>Looks up what sandboxes are made of and builds the image, once: how long that takes nobody knows.</summary>
    public Task PrepareAsync()
    {
        lock (_gate)
        {
            if (_preparation is null or { IsFaulted: true })
            {
                _preparation = Client.Sandboxes.PrepareAsync(SandboxDescription.Of(Options));
                _preparation.Observe();
            }

            return _preparation;
        }
    }
}
