using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using ModalAI.Emulator.Control;
using ModalAI.Emulator.ControlPlane;
using ModalAI.Emulator.Images;
using ModalAI.Emulator.Isolation;
using ModalAI.Emulator.Network;
using ModalAI.Emulator.Router;
using ModalAI.Emulator.Sandboxes;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;
using static ModalAI.Protocol.GenericResult.Types;

namespace ModalAI.Emulator;

/// <summary>
/// Modal on this computer: the same gRPC API on a loopback port, sandboxes as isolated Linux processes. No account, no network, no cost.
/// </summary>
/// <remarks>
/// <para>Several emulators can run in one process; each has apps, volumes, secrets and sandboxes of its own, kept until it is disposed.</para>
/// <para>
/// What the emulator does not do, it refuses: an RPC that it does not serve answers UNIMPLEMENTED, an option that it does not have answers
/// FAILED_PRECONDITION and is named.
/// </para>
/// </remarks>
public sealed class ModalEmulator : IAsyncDisposable
{
    private static readonly TimeSpan HoldForStart = TimeSpan.FromSeconds(1);

    private readonly StateFolder _state;
    private readonly SandboxRegistry _registry;
    private readonly CancellationTokenSource _stopping;
    private readonly Task<SandboxHost> _host;
    private readonly RpcServer _server;
    private readonly NetworkServices _network;
    private readonly RouterPorts _routerPorts;
    private readonly ControlServer? _control;
    private readonly ILogger _logger;
    private int _isDisposed;

    private ModalEmulator(
        StateFolder state,
        SandboxRegistry registry,
        CancellationTokenSource stopping,
        Task<SandboxHost> host,
        RpcServer server,
        NetworkServices network,
        RouterPorts routerPorts,
        ModalEmulatorFaults faults,
        ControlServer? control,
        ModalEmulatorLedger ledger,
        ILogger logger)
    {
        _state = state;
        _registry = registry;
        _stopping = stopping;
        _host = host;
        _server = server;
        _network = network;
        _routerPorts = routerPorts;
        _control = control;
        _logger = logger;
        Faults = faults;
        Ledger = ledger;
        ControlUrl = control?.Url;
        ServerUrl = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{server.Port}");
    }

    /// <summary>What clients connect to: plaintext HTTP/2 on the loopback address, such as <c>http://127.0.0.1:50051</c>.</summary>
    public string ServerUrl { get; }

    /// <summary>What encrypted tunnels show: a certificate of this emulator's own for <c>localhost</c> and <c>127.0.0.1</c>, for clients to trust. Without its key.</summary>
    public X509Certificate2 TunnelCertificate => X509CertificateLoader.LoadCertificate(_network.Certificate.Certificate.RawData);

    /// <summary>Where the control endpoint is, such as <c>http://127.0.0.1:50052</c>; null without <see cref="ModalEmulatorOptions.ControlPort"/>.</summary>
    public string? ControlUrl { get; }

    /// <summary>What goes wrong on demand: failures, delays, broken connections, lost replies, refused tokens, dying sandboxes.</summary>
    public ModalEmulatorFaults Faults { get; }

    /// <summary>The requests that came; null unless <see cref="ModalEmulatorOptions.RecordRequests"/> is set.</summary>
    public ModalEmulatorRecorder? Recorder => Ledger.Recorder;

    /// <summary>What was called, created, and left.</summary>
    public ModalEmulatorLedger Ledger { get; }

    /// <summary>Connections to the command router, once it has moved to a port of its own.</summary>
    internal int RouterConnections => _routerPorts.Connections;

    /// <summary>Starts an emulator.</summary>
    /// <param name="options">How it behaves; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the start, not the emulator.</param>
    /// <exception cref="ArgumentException">An option has a value that is not allowed.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    /// <exception cref="IOException">The port is taken, or the state folder cannot be made.</exception>
    public static async Task<ModalEmulator> StartAsync(ModalEmulatorOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("The emulator keeps sandboxes apart with Linux namespaces, so it runs on Linux only; WSL will do.");
        }

        options ??= new ModalEmulatorOptions();
        options.Validate();
        var loggers = options.LoggerFactory ?? NullLoggerFactory.Instance;
        var time = options.TimeProvider ?? TimeProvider.System;
        var ledger = new ModalEmulatorLedger(time)
        {
            Recorder = options.RecordRequests ? new ModalEmulatorRecorder(options.MaxRecordedRequests, options.MaxRecordedBytes) : null,
        };
        var state = await StateFolder.CreateAsync(options.StateDirectory, cancellationToken).ConfigureAwait(false);
        var stopping = new CancellationTokenSource();

        // Preparing isolation takes a moment; it goes on while the server starts, and a sandbox that comes early waits for it.
        var host = SandboxHost.StartAsync(state.CreateFolder("sandboxes", isPassable: true), loggers, stopping.Token);
        try
        {
            var retention = new ExecRetention();
            var registry = new SandboxRegistry(options.MaxEndedSandboxes, retention);
            var snapshots = new SnapshotStore(time);
            var shared = new SandboxServices(
                new SpoolFolder(state.CreateFolder("output", isPassable: false), options.MaxOutputBytes),
                retention,
                snapshots,
                ledger,
                time,
                options.AllowReadsAheadOfStart ? HoldForStart : TimeSpan.Zero,
                new NetworkServices(options.NameLookup ?? NameLookups.Computer, new TunnelCertificate(), new GatewaySupport(), new ConnectServer(loggers)),
                loggers.CreateLogger<ModalEmulator>());
            var access = new RouterAccess(new TokenIssuer(options.TokenLifetime, time));
            var ephemeral = state.CreateFolder("volumes", isPassable: true);
            var volumes = new VolumeFolders(
                options.StateDirectory is { } kept ? Path.Combine(Path.GetFullPath(kept), "volumes") : ephemeral, ephemeral, state.CreateFolder("buckets", isPassable: true));
            var authTokens = new TokenIssuer(options.TokenLifetime, time);
            var (control, router) = CreateServices(options, volumes, registry, authTokens, access, host, shared, stopping.Token);
            var table = new FaultTable();
            var ports = new RouterPorts(router, access, options.DelayPerRpc, table, ledger, loggers);
            var faults = new ModalEmulatorFaults(table, authTokens, access, ports, registry);
            var server = await RpcServer.StartAsync(
                options.Port, options.BoundSocket, options.DelayPerRpc, [control, ports.First], table, ledger, loggers, cancellationToken).ConfigureAwait(false);
            try
            {
                access.Listen(server.Port);
                var controlServer = options.ControlPort is { } port
                    ? await ControlServer.StartAsync(port, faults, ledger, loggers, cancellationToken).ConfigureAwait(false)
                    : null;
                return new ModalEmulator(state, registry, stopping, host, server, shared.Network, ports, faults, controlServer, ledger, shared.Logger);
            }
            catch
            {
                await server.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }
        catch
        {
            await stopping.CancelAsync().ConfigureAwait(false);
            await StopAsync(host).ConfigureAwait(false);
            await state.DisposeAsync().ConfigureAwait(false);
            stopping.Dispose();
            throw;
        }
    }

    /// <summary>Ends everything: RPCs that run, sandboxes and their processes, the port, the files. Takes a few seconds at most.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        if (_control is not null)
        {
            await _control.DisposeAsync().ConfigureAwait(false);
        }

        await _routerPorts.DisposeAsync().ConfigureAwait(false);
        await _server.DisposeAsync().ConfigureAwait(false);
        await Task.WhenAll(_registry.All.Select(EndAsync)).ConfigureAwait(false);
        await _network.DisposeAsync().ConfigureAwait(false);
        await StopAsync(_host).ConfigureAwait(false);

        // One whose creation ended after the first look; its processes are gone with the host.
        await Task.WhenAll(_registry.All.Select(EndAsync)).ConfigureAwait(false);
        try
        {
            await _state.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.StateNotRemoved(_logger, e, _state.Path);
        }

        _stopping.Dispose();
    }

    private static Task EndAsync(EmulatedSandbox sandbox)
    {
        sandbox.End(GenericStatus.Terminated, ExecExit.Killed.Code, "The emulator was stopped.");
        return sandbox.Ended;
    }

    private static async Task StopAsync(Task<SandboxHost> host)
    {
        try
        {
            await (await host.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IsolationUnavailableException or OperationCanceledException)
        {
            // It never came up, so there is nothing to take down.
        }
    }

    private static (RpcService Control, RpcService Router) CreateServices(
        ModalEmulatorOptions options,
        VolumeFolders folders,
        SandboxRegistry registry,
        TokenIssuer authTokens,
        RouterAccess access,
        Task<SandboxHost> host,
        SandboxServices shared,
        CancellationToken stopping)
    {
        var oauth = new OAuthCredentials(options.RequiredOAuthCredentials, shared.Time);
        var auth = new AuthService(options.RequiredCredentials, oauth, authTokens);
        var environments = new EnvironmentService(options.Environments, shared.Time);
        environments.AddContent(registry.EndEnvironmentAsync);
        var acceptance = new Acceptance(options.Accept, shared.Ledger);
        var apps = new AppService(environments, shared.Time);
        var secrets = new SecretService(environments, options.Secrets.ToDictionary(StringComparer.Ordinal));
        var images = new ImageService(
            new ImageStore(host, options.ImageBuildTimeout, shared.Time, stopping),
            shared.Snapshots,
            new ImageDefinitions(options.Images.ToDictionary(StringComparer.Ordinal), secrets, acceptance),
            apps,
            shared.Time);
        var volumes = new VolumeService(folders.Named, folders.Ephemeral, environments, shared.Time, stopping);
        var buckets = new BucketService(options.Buckets.ToDictionary(StringComparer.Ordinal), folders.Buckets, secrets, acceptance);
        var proxies = new ProxyService(environments, options.Proxies, shared.Time);
        var policies = new OutboundPolicies(secrets, acceptance);
        var networks = new NetworkDefinitions(proxies, policies, acceptance, options.SeparateNetworks);
        var definitions = new SandboxDefinitions(apps, images, secrets, volumes, buckets, networks, acceptance);

        var control = new RpcService(ModalClientReflection.Descriptor.Services[0], auth.Authenticate);
        auth.Register(control);
        environments.Register(control);
        apps.Register(control, registry);
        secrets.Register(control, apps);
        images.Register(control);
        new ImageNameService(images, environments).Register(control);
        volumes.Register(control, apps);
        proxies.Register(control);
        var sandboxes = new SandboxService(registry, definitions, access, host, shared, stopping);
        sandboxes.Register(control);
        var memory = new MemorySnapshots(shared.Time);
        new SandboxSnapshotService(registry, sandboxes, memory, stopping).Register(control);
        new SandboxLookupService(registry, apps, environments).Register(control);
        new EntrypointService(registry, shared.Time).Register(control);
        new TunnelService(registry, shared.Network.Connect).Register(control);

        new AppLogService(registry, apps).Register(control);
        var containers = new ContainerDefinitions(images, secrets, volumes, buckets, networks);
        var sidecars = new SidecarCreation(registry, containers, host, stopping);
        sidecars.Register(control);

        // The router's tokens name a task, so its handlers check them against the task of the request.
        var router = new RpcService(TaskCommandRouterReflection.Descriptor.Services[0], static _ => { });
        var tasks = new RouterTasks(registry, access);
        new ExecService(tasks, secrets).Register(router);
        new OutputService(tasks).Register(router);
        new InputService(tasks).Register(router);
        new VolumeReloadService(tasks).Register(router);
        new SnapshotService(tasks, images, shared.Snapshots, memory, acceptance, stopping).Register(router);
        new NetworkService(tasks, policies).Register(router);
        new ContainerService(tasks, containers, sidecars).Register(router);
        return (control, router);
    }

    private sealed record VolumeFolders(string Named, string Ephemeral, string Buckets);
}
