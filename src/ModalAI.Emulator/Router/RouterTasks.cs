using ModalAI.Emulator.ControlPlane;
using ModalAI.Emulator.Sandboxes;
using ModalAI.Emulator.Server;

namespace ModalAI.Emulator.Router;

/// <summary>What all of the router's RPCs begin with: the right to act on a task, and the task's sandbox.</summary>
internal sealed class RouterTasks(SandboxRegistry registry, RouterAccess access)
{
    public EmulatedSandbox Find(RpcContext context, string taskId)
    {
        access.Authorize(context, taskId);
        var sandbox = registry.FindTask(taskId);
        sandbox.EndWithDeath(context);
        return sandbox;
    }

    /// <summary>An exec of a task. With <paramref name="hold"/>, waits a moment for one whose start has not arrived.</summary>
    public async ValueTask<SandboxExec> FindExecAsync(RpcContext context, string taskId, string execId, bool hold)
    {
        var sandbox = Find(context, taskId);
        return await sandbox.Execs.FindAsync(execId, hold && sandbox.IsRunning, context.CancellationToken).ConfigureAwait(false);
    }
}
