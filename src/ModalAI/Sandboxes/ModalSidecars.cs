using System.Diagnostics.CodeAnalysis;
using ModalAI.Rpc;
using ModalAI.Sandboxes;

namespace ModalAI;

/// <summary>The sidecars of one sandbox: creates and finds them. Modal may change this.</summary>
[Experimental("MODALAI002")]
public sealed class ModalSidecars
{
    private readonly ModalSandbox _sandbox;
    private readonly ContainerCalls _calls;

    internal ModalSidecars(ModalSandbox sandbox, ContainerCalls calls)
    {
        _sandbox = sandbox;
        _calls = calls;
    }

    /// <summary>
    /// Starts a sidecar (RPC SandboxContainerCreateV2; TaskContainerCreate for a sandbox on V1, or where
    /// <see cref="ModalClientOptions.UseControlPlaneSidecarCreate"/> is false). Limited by <see cref="ModalClientOptions.CreateTimeout"/>.
    /// </summary>
    /// <param name="options">What it is made of.</param>
    /// <param name="cancellationToken">Gives up; a sidecar that comes into being all the same is terminated.</param>
    /// <exception cref="ModalException">
    /// An option is not allowed (<see cref="ModalErrorCode.InvalidArgument"/>); the name is taken (<see cref="ModalErrorCode.AlreadyExists"/>); the sandbox, image, a
    /// secret or a volume is missing (<see cref="ModalErrorCode.NotFound"/>); others as they come.
    /// </exception>
    public async Task<ModalSidecar> CreateAsync(ModalSidecarCreateOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        _sandbox.ThrowIfDetached();
        var throughControlPlane = _sandbox.IsV2 && _sandbox.Client.Options.UseControlPlaneSidecarCreate is not false;
        SidecarCreateRules.Validate(options, throughControlPlane);
        cancellationToken.ThrowIfCancellationRequested();
        return await _sandbox.Client.Background.WaitOrUndoAsync(CreateCoreAsync(options, throughControlPlane), TerminateQuietlyAsync, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Finds a sidecar by its name (RPC TaskContainerGet).</summary>
    /// <param name="name">Its name.</param>
    /// <param name="includeTerminated">Whether the last one of the name that has ended will do where none is running. Default false.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ModalException">
    /// There is no such sidecar (<see cref="ModalErrorCode.NotFound"/>), or the name is empty or <c>main</c> (<see cref="ModalErrorCode.InvalidArgument"/>).
    /// </exception>
    public async Task<ModalSidecar> GetAsync(string name, bool includeTerminated = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        _sandbox.ThrowIfDetached();
        if (SidecarCreateRules.FindProblem(name) is { } problem)
        {
            throw ModalErrors.InvalidArgument($"The sidecar name '{name}' is not allowed: {problem}.");
        }

        try
        {
            var response = await _calls.GetAsync(name, includeTerminated, cancellationToken).ConfigureAwait(false);
            return response.Container is { } container
                ? Handle(container.ContainerId, container.ContainerName, ModalSandboxExit.From(container.Result))
                : throw new ModalException(ModalErrorCode.Internal, $"Modal answered TaskContainerGet for '{name}' without a container.");
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.NotFound)
        {
            throw ModalErrors.Explain(exception, $"Sandbox {_sandbox.Id} has no sidecar named '{name}'{(includeTerminated ? "" : " that runs")}: {exception.Message}");
        }
    }

    /// <summary>Lists the sidecars, without the sandbox's main container (RPC TaskContainerList).</summary>
    /// <param name="includeTerminated">Those too that have ended. Default false.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<IReadOnlyList<ModalSidecar>> ListAsync(bool includeTerminated = false, CancellationToken cancellationToken = default)
    {
        _sandbox.ThrowIfDetached();
        var response = await _calls.ListAsync(includeTerminated, cancellationToken).ConfigureAwait(false);
        return
        [
            .. response.Containers
                .Where(static container => container.ContainerName != SidecarCreateRules.MainName)
                .Select(container => Handle(container.ContainerId, container.ContainerName, ModalSandboxExit.From(container.Result))),
        ];
    }

    private ModalSidecar Handle(string id, string name, ModalSandboxExit? exit) => new(_sandbox, _calls, id, name, exit);

    private async Task<ModalSidecar> CreateCoreAsync(ModalSidecarCreateOptions options, bool throughControlPlane)
    {
        var client = _sandbox.Client;
        var environment = _sandbox.EnvironmentName;
        var mounts = client.Volumes.GetMountsAsync(options.Volumes, environment, CancellationToken.None);
        var sources = client.Secrets.GetSourcesAsync(options.Secrets, options.EnvironmentVariables, environment, CancellationToken.None);
        var buckets = CloudBucketMounts.CreateAsync(options.CloudBucketMounts, client.Secrets, environment, CancellationToken.None);
        await Task.WhenAll(mounts, sources, buckets).ConfigureAwait(false);
        SidecarCreateRules.CheckMounts(await mounts.ConfigureAwait(false));
        var timeout = client.Options.CreateTimeout;
        try
        {
            if (throughControlPlane)
            {
                var request = SidecarDefinitions.ForControlPlane(_sandbox.Id, options, await sources.ConfigureAwait(false), await mounts.ConfigureAwait(false));
                request.Definition.CloudBucketMounts.AddRange(await buckets.ConfigureAwait(false));
                var created = await client.ControlPlane.CallAsync(
                    "SandboxContainerCreateV2",
                    static (stub, request, options) => stub.SandboxContainerCreateV2Async(request, options),
                    request,
                    timeout,
                    CancellationToken.None).ConfigureAwait(false);
                return Handle(created.ContainerId, created.ContainerName.Length > 0 ? created.ContainerName : options.Name, null);
            }

            var response = await _calls.CreateAsync(
                SidecarDefinitions.ForRouter(options, await sources.ConfigureAwait(false), await mounts.ConfigureAwait(false)), timeout, CancellationToken.None).ConfigureAwait(false);
            return Handle(response.ContainerId, response.ContainerName.Length > 0 ? response.ContainerName : options.Name, null);
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.AlreadyExists)
        {
            throw ModalErrors.Explain(exception, $"A sidecar named '{options.Name}' is running in sandbox {_sandbox.Id} already. Names are unique among running sidecars.");
        }
    }

    private async Task TerminateQuietlyAsync(ModalSidecar sidecar)
    {
        try
        {
            await _calls.TerminateAsync(sidecar.Id, CancellationToken.None).ConfigureAwait(false);
        }
        catch (ModalException)
        {
            // It ends with its sandbox.
        }
    }
}
