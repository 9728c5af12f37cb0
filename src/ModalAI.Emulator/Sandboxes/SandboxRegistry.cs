using ModalAI.Emulator.Server;
using static ModalAI.Protocol.GenericResult.Types;

namespace ModalAI.Emulator.Sandboxes;

/// <summary>The sandboxes of an emulator: those that run, and the last of those that have ended.</summary>
internal sealed class SandboxRegistry(int maxEnded, ExecRetention retention)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, EmulatedSandbox> _byId = new(StringComparer.Ordinal);
    private readonly Dictionary<string, EmulatedSandbox> _byTask = new(StringComparer.Ordinal);
    private readonly Dictionary<(string AppId, string Name), string> _names = [];
    private readonly Queue<EmulatedSandbox> _ended = new();
    private double _lastCreatedAt;

    /// <summary>All known sandboxes, newest first.</summary>
    public IReadOnlyList<EmulatedSandbox> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _byId.Values.OrderByDescending(sandbox => sandbox.CreatedAt)];
            }
        }
    }

    /// <summary>A point in time that no other sandbox has, so that pages by time miss none.</summary>
    public double NextCreatedAt(double now)
    {
        const double Step = 1e-5;
        lock (_gate)
        {
            return _lastCreatedAt = Math.Max(now, _lastCreatedAt + Step);
        }
    }

    /// <summary>Takes a name until <see cref="ReleaseName"/>; an empty one is free for all.</summary>
    /// <exception cref="RpcFailedException">A running sandbox of the app has the name.</exception>
    public void TakeName(string appId, string name, string sandboxId)
    {
        if (name.Length == 0)
        {
            return;
        }

        lock (_gate)
        {
            Take(appId, name, sandboxId);
        }
    }

    /// <summary>Gives a running sandbox its first and only name; the name that it has may be given again.</summary>
    /// <exception cref="RpcFailedException">It has ended, or has another name, or another running sandbox of the app has this one.</exception>
    public void SetName(EmulatedSandbox sandbox, string name)
    {
        lock (_gate)
        {
            // Names are released once the end has begun, under this lock: one that is given before is released then.
            if (!sandbox.IsRunning)
            {
                throw RpcFailedException.FailedPrecondition($"Sandbox {sandbox.Id} has ended; only a running one can be named.");
            }

            if (sandbox.Name == name)
            {
                return;
            }

            if (sandbox.Name.Length > 0)
            {
                throw RpcFailedException.FailedPrecondition($"Sandbox {sandbox.Id} has the name '{sandbox.Name}' already, and a name is given once.");
            }

            Take(sandbox.Plan.AppId, name, sandbox.Id);
            sandbox.Name = name;
        }
    }

    public void ReleaseName(string appId, string name, string sandboxId)
    {
        lock (_gate)
        {
            if (_names.TryGetValue((appId, name), out var holder) && holder == sandboxId)
            {
                _names.Remove((appId, name));
            }
        }
    }

    public void Add(EmulatedSandbox sandbox)
    {
        lock (_gate)
        {
            _byId.Add(sandbox.Id, sandbox);
            _byTask.Add(sandbox.TaskId, sandbox);
        }

        _ = FollowAsync(sandbox);
    }

    public EmulatedSandbox Find(string sandboxId, SandboxBackend backend)
    {
        lock (_gate)
        {
            return _byId.TryGetValue(sandboxId, out var sandbox) && sandbox.Plan.Backend == backend
                ? sandbox
                : throw RpcFailedException.NotFound($"There is no sandbox '{sandboxId}' on the {backend} backend.");
        }
    }

    public EmulatedSandbox Find(string sandboxId)
    {
        lock (_gate)
        {
            return _byId.GetValueOrDefault(sandboxId) ?? throw RpcFailedException.NotFound($"There is no sandbox '{sandboxId}'.");
        }
    }

    public EmulatedSandbox FindTask(string taskId)
    {
        lock (_gate)
        {
            return _byTask.GetValueOrDefault(taskId) ?? throw RpcFailedException.NotFound($"There is no task '{taskId}'.");
        }
    }

    /// <summary>Ends what runs in an environment, and waits for it.</summary>
    public Task EndEnvironmentAsync(string environment) => Task.WhenAll(All
        .Where(sandbox => sandbox.Plan.EnvironmentName == environment)
        .Select(sandbox =>
        {
            sandbox.End(GenericStatus.Terminated, ExecExit.Killed.Code, "The sandbox's environment was deleted.");
            return sandbox.Ended;
        }));

    private async Task FollowAsync(EmulatedSandbox sandbox)
    {
        await sandbox.Ended.ConfigureAwait(false);
        ReleaseName(sandbox.Plan.AppId, sandbox.Name, sandbox.Id);
        EmulatedSandbox? forgotten = null;
        lock (_gate)
        {
            _ended.Enqueue(sandbox);
            if (_ended.Count > maxEnded)
            {
                forgotten = _ended.Dequeue();
                _byId.Remove(forgotten.Id);
                _byTask.Remove(forgotten.TaskId);
            }
        }

        if (forgotten is not null)
        {
            retention.Forget(forgotten.Execs);
            forgotten.Log.Dispose();
        }
    }

    private void Take(string appId, string name, string sandboxId)
    {
        if (!_names.TryAdd((appId, name), sandboxId))
        {
            throw RpcFailedException.AlreadyExists($"Sandbox {_names[(appId, name)]} of this app runs under the name '{name}'; terminate it or take another name.");
        }
    }
}
