using ModalAI.Emulator.Isolation;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;
using static ModalAI.Protocol.GenericResult.Types;

namespace ModalAI.Emulator.Sandboxes;

/// <summary>The containers of a sandbox: the main one, and sidecars that share its network and end with it.</summary>
internal sealed partial class EmulatedSandbox
{
    private const int MaxEndedSidecars = 100;

    /// <summary>By age, guarded by the gate; the oldest of those that have ended are forgotten.</summary>
    private readonly List<Sidecar> _sidecars = [];

    /// <summary>Names that are taken by sidecars which are being made.</summary>
    private readonly Dictionary<string, Task> _sidecarCreations = new(StringComparer.Ordinal);

    /// <summary>All known sidecars, oldest first.</summary>
    public IReadOnlyList<Sidecar> Sidecars
    {
        get
        {
            lock (_gate)
            {
                return [.. _sidecars];
            }
        }
    }

    /// <summary>The main container, which an empty id in a request stands for.</summary>
    public SandboxContainer Main { get; }

    /// <summary>The container that a request names, for something to be done in it. Every request that has a container id comes here.</summary>
    /// <exception cref="RpcFailedException">There is no such container, or it has ended.</exception>
    public SandboxContainer FindContainer(string containerId)
    {
        if (containerId.Length == 0 || containerId == Main.Id)
        {
            return Main;
        }

        var sidecar = FindSidecar(containerId);
        return sidecar.IsRunning
            ? sidecar.Container
            : throw RpcFailedException.NotFound($"Container {containerId} ('{sidecar.Container.Plan.Name}') of sandbox {Id} has ended; nothing runs in it any more.");
    }

    /// <summary>A sidecar that runs, or one of the last that have ended.</summary>
    public Sidecar FindSidecar(string containerId)
    {
        lock (_gate)
        {
            return _sidecars.Find(sidecar => sidecar.Container.Id == containerId)
                ?? throw RpcFailedException.NotFound($"Sandbox {Id} has no container '{containerId}'.");
        }
    }

    /// <summary>Creates a sidecar and starts its command, if it has one. The name is taken until it ends.</summary>
    public async Task<Sidecar> CreateSidecarAsync(string id, ContainerPlan plan, SandboxHost host, CancellationToken cancellationToken)
    {
        var creation = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            ThrowIfEnded();
            if (_sidecars.Exists(sidecar => sidecar.IsRunning && sidecar.Container.Plan.Name == plan.Name) || !_sidecarCreations.TryAdd(plan.Name, creation.Task))
            {
                throw RpcFailedException.AlreadyExists($"Sandbox {Id} has a container named '{plan.Name}' already; terminate it or take another name.");
            }
        }

        try
        {
            return await StartSidecarAsync(id, plan, host, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
            {
                _sidecarCreations.Remove(plan.Name);
            }

            creation.SetResult();
        }
    }

    /// <summary>Ends a sidecar; only the first call counts. Returns before everything in it is gone.</summary>
    public void EndSidecar(Sidecar sidecar, GenericStatus status, int exitCode, string reason)
    {
        if (sidecar.TryBeginEnd(new GenericResult { Status = status, Exitcode = exitCode, Exception = reason }))
        {
            _ = Task.Run(() => EndSidecarAsync(sidecar));
        }
    }

    private async Task<Sidecar> StartSidecarAsync(string id, ContainerPlan plan, SandboxHost host, CancellationToken cancellationToken)
    {
        var spec = new SandboxSpec
        {
            Id = id,
            RootFileSystem = plan.RootFileSystem,
            Layers = plan.Layers,
            Volumes = [.. plan.Volumes.Select(volume => volume.Bind)],
            NetworkOf = Main.Isolated,
        };
        var isolated = await host.CreateAsync(spec, cancellationToken).ConfigureAwait(false);
        var sidecar = new Sidecar(new SandboxContainer(id, (Id, TaskId), plan, isolated));
        try
        {
            await sidecar.Container.PrepareAsync(cancellationToken).ConfigureAwait(false);
            lock (_gate)
            {
                // From here on the sandbox's end ends it too.
                ThrowIfEnded();
                _sidecars.Add(sidecar);
            }
        }
        catch
        {
            await sidecar.Container.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        try
        {
            _ = EndWithIsolationAsync(sidecar);
            if (plan.Command.Count > 0)
            {
                sidecar.Entrypoint = Start(new ExecRequest
                {
                    Id = $"{EntrypointId} of {id}",
                    ContainerId = id,
                    IsEntrypoint = true,
                    Arguments = plan.Command,
                    Environment = new Dictionary<string, string>(),
                    Terminal = plan.Terminal,
                });
                _ = EndWithEntrypointAsync(sidecar, sidecar.Entrypoint);
            }
        }
        catch
        {
            EndSidecar(sidecar, GenericStatus.InitFailure, ExecExit.Killed.Code, "The container could not be started.");
            await sidecar.Ended.ConfigureAwait(false);
            throw;
        }

        return sidecar;
    }

    private async Task EndWithEntrypointAsync(Sidecar sidecar, SandboxExec entrypoint)
    {
        var exit = await entrypoint.Exit.ConfigureAwait(false);
        var end = EndOf(exit, "container");
        EndSidecar(sidecar, end.Status, end.Exitcode, end.Exception);
    }

    private async Task EndWithIsolationAsync(Sidecar sidecar)
    {
        await sidecar.Container.Isolated.Exited.ConfigureAwait(false);
        EndSidecar(sidecar, GenericStatus.InternalFailure, ExecExit.Killed.Code, "The container's first process was ended from outside.");
    }

    private async Task EndSidecarAsync(Sidecar sidecar)
    {
        await EndContainerAsync(sidecar.Container, sidecar.Entrypoint).ConfigureAwait(false);
        sidecar.CompleteEnd();
        lock (_gate)
        {
            if (_sidecars.Count(known => !known.IsRunning) > MaxEndedSidecars)
            {
                _sidecars.Remove(_sidecars.First(known => known.Ended.IsCompleted));
            }
        }
    }

    /// <summary>Ends all sidecars, those too that are being made. The sandbox's own end has begun, so there are no new ones.</summary>
    private async Task EndSidecarsAsync()
    {
        Task[] creations;
        lock (_gate)
        {
            creations = [.. _sidecarCreations.Values];
        }

        await Task.WhenAll(creations).ConfigureAwait(false);
        await Task.WhenAll(Sidecars.Select(sidecar =>
        {
            EndSidecar(sidecar, GenericStatus.Terminated, ExecExit.Killed.Code, "The container's sandbox ended.");
            return sidecar.Ended;
        })).ConfigureAwait(false);
    }

    /// <summary>Ends what runs in a container, and the container. Whoever waits for the end is told, however it went.</summary>
    private async Task EndContainerAsync(SandboxContainer container, SandboxExec? entrypoint)
    {
        try
        {
            var started = Execs.Started.Where(exec => exec.Container == container);
            SandboxExec[] running = [.. (entrypoint is null ? started : started.Append(entrypoint)).Where(exec => !exec.Drained.IsCompleted)];
            foreach (var exec in running)
            {
                exec.Kill();
            }

            await EndIsolationAsync(container).ConfigureAwait(false);
            await Task.WhenAll(running.Select(exec => exec.Drained)).WaitAsync(DrainLimit).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            Sandboxes.Log.SandboxNotEnded(_services.Logger, e, Id);
        }

        container.FileTools.Dispose();
    }

    private bool IsAlive(SandboxContainer container) => container == Main || Sidecars.Any(sidecar => sidecar.Container == container && sidecar.IsRunning);

    private void ThrowIfEnded()
    {
        if (_end is not null)
        {
            throw RpcFailedException.NotFound($"Sandbox {Id} has ended; nothing runs in it any more.");
        }
    }
}
