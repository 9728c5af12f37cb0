using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using ModalAI.Diagnostics;
using ModalAI.Protocol;
using ModalAI.Rpc;
using ModalAI.Sandboxes;

namespace ModalAI;

/// <summary>Creates and finds sandboxes.</summary>
public sealed partial class ModalSandboxes
{
    private readonly ModalClient _client;
    private readonly ControlPlane _controlPlane;
    private readonly ILogger _logger;

    internal ModalSandboxes(ModalClient client)
    {
        _client = client;
        _controlPlane = client.ControlPlane;
        _logger = client.LoggerFor<ModalSandboxes>();
    }

    /// <summary>
    /// Creates a sandbox and returns when commands can be sent to it (RPC SandboxCreateV2; SandboxCreate when a GPU is asked for). App, image, secrets and
    /// volumes are looked up side by side, and remembered. Limited by <see cref="ModalClientOptions.CreateTimeout"/>, once the image is built.
    /// </summary>
    /// <param name="options">What it is made of.</param>
    /// <param name="cancellationToken">Gives up; a sandbox that comes into being all the same is terminated.</param>
    /// <exception cref="ModalException">
    /// An app, image, secret or volume is missing (<see cref="ModalErrorCode.NotFound"/>); the name is taken (<see cref="ModalErrorCode.AlreadyExists"/>); a
    /// limit was reached (<see cref="ModalErrorCode.ResourceExhausted"/>); others as they come.
    /// </exception>
    public async Task<ModalSandbox> CreateAsync(ModalSandboxCreateOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        SandboxCreateRules.Validate(options);
        cancellationToken.ThrowIfCancellationRequested();

        return await _client.Background.WaitOrUndoAsync(CreateOrRefreshAsync(options), TerminateQuietlyAsync, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A handle on a sandbox by its id. Asks Modal nothing: whether it runs is for <see cref="ModalSandbox.PollAsync"/> to say.</summary>
    /// <param name="id">Its id (<c>sb-…</c>).</param>
    public ModalSandbox Get(string id) => Get(id, default);

    /// <summary>Looks up what sandboxes are made of and builds the image, so that creating one need not wait for it.</summary>
    internal Task PrepareAsync(ModalSandboxCreateOptions options)
    {
        SandboxCreateRules.Validate(options);
        return DefineAsync(options);
    }

    internal ModalSandbox Get(string id, SandboxOrigin origin)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return new ModalSandbox(_client, id, origin);
    }

    /// <summary>Finds a sandbox by its name (RPC SandboxGetFromNameV2, then SandboxGetFromName).</summary>
    /// <param name="appName">Name of its app.</param>
    /// <param name="name">Its name.</param>
    /// <param name="environment">The Modal environment; null for <see cref="ModalClientOptions.Environment"/>.</param>
    /// <param name="includeTerminated">
    /// Whether the last one of the name that has ended will do where none is running. Only the V2 backend finds those. Default false.
    /// </param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ModalException"><see cref="ModalErrorCode.NotFound"/>: there is no such sandbox.</exception>
    public async Task<ModalSandbox> GetByNameAsync(
        string appName, string name, string? environment = null, bool includeTerminated = false, CancellationToken cancellationToken = default) =>
        Get(
            await GetIdByNameAsync(appName, name, environment, includeTerminated, cancellationToken).ConfigureAwait(false),
            new SandboxOrigin { Name = name, Environment = environment });

    internal async Task<string> GetIdByNameAsync(
        string appName, string name, string? environment, bool includeTerminated, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(appName);
        ArgumentException.ThrowIfNullOrEmpty(name);
        var request = new SandboxGetFromNameRequest { AppName = appName, SandboxName = name, EnvironmentName = environment ?? _client.Options.Environment ?? "" };
        try
        {
            if (_client.UsesV2 || includeTerminated)
            {
                try
                {
                    var ofV2 = new SandboxGetFromNameRequest(request) { IncludeTerminated = includeTerminated };
                    return (await _controlPlane.CallAsync(
                        "SandboxGetFromNameV2", static (stub, request, options) => stub.SandboxGetFromNameV2Async(request, options), ofV2, cancellationToken).ConfigureAwait(false)).SandboxId;
                }
                catch (ModalException exception) when (exception.Code == ModalErrorCode.NotFound && !includeTerminated)
                {
                    // It may be one with a GPU, on V1.
                }
            }

            return (await _controlPlane.CallAsync(
                "SandboxGetFromName", static (stub, request, options) => stub.SandboxGetFromNameAsync(request, options), request, cancellationToken).ConfigureAwait(false)).SandboxId;
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.NotFound)
        {
            var what = includeTerminated ? "is running or has ended lately" : "is running";
            throw ModalErrors.Explain(exception, $"No sandbox named '{name}' {what} in app '{appName}'{ModalEnvironments.In(request.EnvironmentName)}.");
        }
    }

    /// <summary>
    /// Lists sandboxes, newest first, page by page as they are asked for: those of both backends (RPC SandboxListV2), or of V1 alone where
    /// <see cref="ModalClientOptions.UseV2"/> is false (RPC SandboxList).
    /// </summary>
    /// <param name="filter">Which ones; null for all that run.</param>
    /// <param name="cancellationToken">Stops listing.</param>
    /// <exception cref="ModalException">
    /// There is no such app (<see cref="ModalErrorCode.NotFound"/>), or a tag is not allowed (<see cref="ModalErrorCode.InvalidArgument"/>).
    /// </exception>
    public async IAsyncEnumerable<ModalSandboxInfo> ListAsync(
        ModalSandboxFilter? filter = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        filter ??= new ModalSandboxFilter();
        var appId = filter.AppName is { } appName
            ? (await _client.Apps.GetAsync(appName, createIfMissing: false, filter.Environment, cancellationToken).ConfigureAwait(false)).Id
            : "";
        var isV2 = _client.UsesV2;
        var before = 0.0;
        while (true)
        {
            // V2 wants the environment only where no app tells it.
            var request = new SandboxListRequest
            {
                AppId = appId,
                BeforeTimestamp = before,
                EnvironmentName = isV2 && appId.Length > 0 ? "" : filter.Environment ?? _client.Options.Environment ?? "",
                IncludeFinished = filter.IncludeFinished,
            };
            request.Tags.AddRange(SandboxDefinitions.TagsOf(filter.Tags));
            var page = isV2
                ? await _controlPlane.CallAsync("SandboxListV2", static (stub, request, options) => stub.SandboxListV2Async(request, options), request, cancellationToken).ConfigureAwait(false)
                : await _controlPlane.CallAsync("SandboxList", static (stub, request, options) => stub.SandboxListAsync(request, options), request, cancellationToken).ConfigureAwait(false);
            foreach (var sandbox in page.Sandboxes)
            {
                yield return InfoOf(sandbox);
            }

            // A server that does not move on would have us ask for ever.
            if (page.Sandboxes.Count == 0 || (before != 0 && page.Sandboxes[^1].CreatedAt >= before))
            {
                yield break;
            }

            before = page.Sandboxes[^1].CreatedAt;
        }
    }

    private static ModalSandboxInfo InfoOf(SandboxInfo info) => new(
        info.Id,
        info.Name,
        info.AppId,
        DateTimeOffset.UnixEpoch.AddSeconds(info.CreatedAt),
        info.Tags.ToDictionary(static tag => tag.TagName, static tag => tag.TagValue, StringComparer.Ordinal),
        ModalSandboxExit.From(info.TaskInfo?.Result));

    private async Task<ModalSandbox> CreateOrRefreshAsync(ModalSandboxCreateOptions options)
    {
        try
        {
            return await CreateCoreAsync(options).ConfigureAwait(false);
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.NotFound && _client.ForgetLookUps())
        {
            // What was remembered may have been deleted and made anew meanwhile.
            return await CreateCoreAsync(options).ConfigureAwait(false);
        }
    }

    private async Task<ModalSandbox> CreateCoreAsync(ModalSandboxCreateOptions options)
    {
        var environment = EnvironmentOf(options);
        var (appId, definition, sources) = await DefineAsync(options).ConfigureAwait(false);
        try
        {
            var sandbox = UsesV2(options)
                ? await CreateV2Async(options, environment, appId, definition, sources).ConfigureAwait(false)
                : await CreateV1Async(options, environment, appId, definition).ConfigureAwait(false);
            Log.SandboxCreated(_logger, sandbox.Id, options.AppName);
            return sandbox;
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.AlreadyExists)
        {
            throw ModalErrors.Explain(exception, $"A sandbox named '{options.Name}' is running in app '{options.AppName}' already. Names are unique among running sandboxes.");
        }
    }

    /// <summary>Looks up, or makes, all that a sandbox is made of: app, image, secrets and volumes.</summary>
    private async Task<(string AppId, Sandbox Definition, List<SecretSource> Sources)> DefineAsync(ModalSandboxCreateOptions options)
    {
        var environment = EnvironmentOf(options);
        var useV2 = UsesV2(options);

        // Side by side: none needs another, and each costs a round trip when it is not remembered.
        var app = _client.Apps.GetAsync(options.AppName, options.CreateAppIfMissing, environment, CancellationToken.None);
        var builder = options.Image.Id is null ? _client.Environments.GetImageBuilderVersionAsync(environment, CancellationToken.None) : Task.CompletedTask;
        var mounts = _client.Volumes.GetMountsAsync(options.Volumes, environment, CancellationToken.None);
        var buckets = CloudBucketMounts.CreateAsync(options.CloudBucketMounts, _client.Secrets, environment, CancellationToken.None);
        var sources = useV2
            ? _client.Secrets.GetSourcesAsync(options.Secrets, options.EnvironmentVariables, environment, CancellationToken.None)
            : Task.FromResult<List<SecretSource>>([]);

        // V1 takes ids only: values and variables become ephemeral secrets first.
        var storedIds = useV2
            ? Task.FromResult<string[]>([])
            : _client.Secrets.GetStoredIdsAsync(options.Secrets, options.EnvironmentVariables, environment, CancellationToken.None);
        var policyIds = _client.Secrets.GetIdsAsync(options.OutboundPolicy?.Secrets ?? [], environment, CancellationToken.None);
        await Task.WhenAll(app, builder, mounts, buckets, sources, storedIds, policyIds).ConfigureAwait(false);

        var image = await _client.Images.BuildAsync(options.Image, await app.ConfigureAwait(false)).ConfigureAwait(false);
        var secretIds = useV2 ? ModalSecrets.IdsOf(await sources.ConfigureAwait(false)) : await storedIds.ConfigureAwait(false);
        var definition = SandboxDefinitions.Create(options, image.Id!, secretIds, await mounts.ConfigureAwait(false));
        definition.CloudBucketMounts.AddRange(await buckets.ConfigureAwait(false));
        if (options.OutboundPolicy is { } policy)
        {
            definition.ExperimentalOutboundPolicy = policy.ToProto(await policyIds.ConfigureAwait(false));
        }

        return ((await app.ConfigureAwait(false)).Id, definition, await sources.ConfigureAwait(false));
    }

    private string EnvironmentOf(ModalSandboxCreateOptions options) => options.Environment ?? _client.Options.Environment ?? "";

    private bool UsesV2(ModalSandboxCreateOptions options) => _client.UsesV2 && string.IsNullOrEmpty(options.Gpu);

    private async Task<ModalSandbox> CreateV2Async(
        ModalSandboxCreateOptions options, string environment, string appId, Sandbox definition, List<SecretSource> sources)
    {
        var request = new SandboxCreateV2Request { AppId = appId, Definition = definition };
        request.SecretSources.AddRange(sources);
        request.Tags.AddRange(SandboxDefinitions.TagsOf(options.Tags));
        var response = await _controlPlane.CallAsync(
            "SandboxCreateV2",
            static (stub, request, options) => stub.SandboxCreateV2Async(request, options),
            request,
            _client.Options.CreateTimeout,
            CancellationToken.None).ConfigureAwait(false);
        var origin = OriginOf(options, environment) with
        {
            TaskId = response.TaskId.Length > 0 ? response.TaskId : null,
            Access = response.CommandRouterAccess,
            Tunnels = ModalSandbox.TunnelsOfCreation(response.Tunnels, definition.OpenPorts.Ports.Count),
        };
        return await HandleOfNewAsync(response.SandboxId, origin).ConfigureAwait(false);
    }

    private async Task<ModalSandbox> CreateV1Async(ModalSandboxCreateOptions options, string environment, string appId, Sandbox definition)
    {
        var request = new SandboxCreateRequest { AppId = appId, Definition = definition };
        request.Tags.AddRange(SandboxDefinitions.TagsOf(options.Tags));
        var response = await _controlPlane.CallAsync(
            "SandboxCreate",
            static (stub, request, options) => stub.SandboxCreateAsync(request, options),
            request,
            _client.Options.CreateTimeout,
            CancellationToken.None).ConfigureAwait(false);
        var sandbox = new ModalSandbox(_client, response.SandboxId, OriginOf(options, environment));
        try
        {
            await sandbox.WaitForTaskAsync(_client.Options.SchedulingTimeout, CancellationToken.None).ConfigureAwait(false);
            return sandbox;
        }
        catch (ModalException exception) when (exception.Code != ModalErrorCode.SandboxEnded)
        {
            // One that is still queued could start later with nobody to end it.
            await TerminateQuietlyAsync(sandbox).ConfigureAwait(false);
            throw ModalErrors.Explain(exception, exception.Message);
        }
    }

    private static SandboxOrigin OriginOf(ModalSandboxCreateOptions options, string environment) =>
        new() { Name = options.Name, Environment = environment, CommandTimeout = options.CommandTimeout };

    /// <summary>A handle on a sandbox that has just come into being.</summary>
    private async Task<ModalSandbox> HandleOfNewAsync(string id, SandboxOrigin origin)
    {
        try
        {
            return new ModalSandbox(_client, id, origin);
        }
        catch (ModalException)
        {
            // Modal named a router that cannot be dialled: nobody would get a handle to end the sandbox by.
            await TerminateQuietlyAsync(new ModalSandbox(_client, id, default)).ConfigureAwait(false);
            throw;
        }
    }

    private async Task TerminateQuietlyAsync(ModalSandbox sandbox)
    {
        try
        {
            await sandbox.TerminateAsync().ConfigureAwait(false);
        }
        catch (ModalException exception)
        {
            Log.SandboxNotTerminated(_logger, exception, sandbox.Id);
        }
    }
}
