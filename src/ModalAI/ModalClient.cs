using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using ModalAI.Configuration;
using ModalAI.Protocol;
using ModalAI.Rpc;
using Stub = ModalAI.Protocol.ModalClient.ModalClientClient;

namespace ModalAI;

/// <summary>
/// A client of one Modal workspace. Thread-safe and meant to live as long as the application: it holds connections, tokens and ids. In an application with
/// dependency injection <c>AddModalSandbox</c> registers it.
/// </summary>
public sealed class ModalClient : IAsyncDisposable, IDisposable
{
    private readonly ILoggerFactory _loggerFactory;
    private readonly GrpcChannel? _ownedChannel;
    private readonly CancellationTokenSource _stop = new();
    private int _disposed;
    private long _forgotten;

    /// <summary>Makes a client without dependency injection.</summary>
    /// <param name="options">
    /// Server and credentials; what is not set comes from <c>MODAL_*</c> variables, then from <c>.modal.toml</c>. Null for those alone.
    /// </param>
    /// <param name="loggerFactory">Where to log; null for nowhere.</param>
    /// <param name="timeProvider">The clock; null for the system's.</param>
    /// <exception cref="OptionsValidationException">Options are missing or invalid; the message names all of them.</exception>
    public ModalClient(ModalClientOptions? options = null, ILoggerFactory? loggerFactory = null, TimeProvider? timeProvider = null)
        : this(Resolve(options ?? new ModalClientOptions()), channel: null, loggerFactory, timeProvider)
    {
    }

    internal ModalClient(ModalClientOptions options, Stub stub, ILoggerFactory? loggerFactory, TimeProvider? timeProvider)
        : this(options, (stub, null), loggerFactory, timeProvider)
    {
    }

    private ModalClient(ModalClientOptions options, (Stub Stub, GrpcChannel? Owned)? channel, ILoggerFactory? loggerFactory, TimeProvider? timeProvider)
    {
        _loggerFactory = loggerFactory ?? NullLoggerFactory.Instance;
        Options = options;
        TimeProvider = timeProvider ?? TimeProvider.System;
        var server = new Uri(options.ServerUrl!);
        var (stub, owned) = channel ?? Dial(options, server);
        _ownedChannel = owned;
        var logger = LoggerFor<ModalClient>();
        Retries = new RetryPipeline(TimeProvider, logger);
        Warnings = new ServerWarnings(logger);
        Background = new BackgroundWork(TimeProvider);
        ControlPlane = new ControlPlane(stub, server, options, Retries, Warnings, TimeProvider, logger);
        RouterChannels = new RouterChannels(server, options);
        Environments = new ModalEnvironments(ControlPlane, options);
        Apps = new ModalApps(ControlPlane, options);
        Secrets = new ModalSecrets(ControlPlane, options);
        Images = new ModalImages(ControlPlane, Environments, Secrets, options, TimeProvider);
        Volumes = new ModalVolumes(ControlPlane, options, TimeProvider, LoggerFor<ModalVolumes>(), _stop.Token);
        Proxies = new ModalProxies(ControlPlane, options);
        Sandboxes = new ModalSandboxes(this);
    }

    /// <summary>Apps.</summary>
    public ModalApps Apps { get; }

    /// <summary>Environments.</summary>
    public ModalEnvironments Environments { get; }

    /// <summary>Images.</summary>
    public ModalImages Images { get; }

    /// <summary>Secrets.</summary>
    public ModalSecrets Secrets { get; }

    /// <summary>Volumes.</summary>
    public ModalVolumes Volumes { get; }

    /// <summary>Proxies.</summary>
    public ModalProxies Proxies { get; }

    /// <summary>Sandboxes.</summary>
    public ModalSandboxes Sandboxes { get; }

    internal ModalClientOptions Options { get; }

    internal TimeProvider TimeProvider { get; }

    internal ControlPlane ControlPlane { get; }

    internal RouterChannels RouterChannels { get; }

    internal RetryPipeline Retries { get; }

    internal ServerWarnings Warnings { get; }

    internal BackgroundWork Background { get; }

    internal bool UsesV2 => Options.UseV2 ?? true;

    /// <summary>Waits for what is still being ended, within <see cref="ModalClientOptions.TerminateTimeout"/>, and closes all connections. Sandboxes run on.</summary>
    public async ValueTask DisposeAsync()
    {
        await Background.WhenDoneAsync(Options.TerminateTimeout).ConfigureAwait(false);
        Dispose();
    }

    /// <summary>Closes all connections without waiting; prefer <see cref="DisposeAsync"/>.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _stop.Cancel();
            RouterChannels.Dispose();
            _ownedChannel?.Dispose();
            _stop.Dispose();
        }
    }

    internal ILogger LoggerFor<T>() => _loggerFactory.CreateLogger<T>();

    /// <summary>Forgets all remembered ids; at most once every ten seconds, so that a lasting error does not double every call.</summary>
    internal bool ForgetLookUps()
    {
        var now = TimeProvider.GetTimestamp();
        var last = Interlocked.Read(ref _forgotten);
        if (last != 0 && TimeProvider.GetElapsedTime(last, now) < TimeSpan.FromSeconds(10))
        {
            return false;
        }

        Interlocked.Exchange(ref _forgotten, now);
        Apps.Forget();
        Images.Forget();
        Secrets.Forget();
        Volumes.Forget();
        return true;
    }

    private static ModalClientOptions Resolve(ModalClientOptions given)
    {
        // The caller's own object stays as it was: what is found elsewhere is nobody else's to see or to reuse.
        var options = given.Clone();
        new ModalClientOptionsResolver().Resolve(options);
        var result = new ModalClientOptionsValidator().Validate(null, options);
        return result.Failed ? throw new OptionsValidationException("", typeof(ModalClientOptions), result.Failures) : options;
    }

    private static (Stub Stub, GrpcChannel Owned) Dial(ModalClientOptions options, Uri server)
    {
        var channel = GrpcChannel.ForAddress(server, new GrpcChannelOptions
        {
            HttpHandler = GrpcTransport.CreateHandler(options.ConnectTimeout),
            DisposeHttpClient = true,
            MaxReceiveMessageSize = GrpcTransport.MaxMessageSize,
            MaxSendMessageSize = GrpcTransport.MaxMessageSize,
        });
        return (new Stub(channel.Intercept(new ClientHeadersInterceptor(options, server))), channel);
    }
}
