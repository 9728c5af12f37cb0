using ModalAI.Emulator.Server;
using ModalAI.Protocol;

namespace ModalAI.Emulator.Router;

/// <summary>Reloading of volumes. Sandboxes share the directories themselves, so what others have written is there as soon as it is written.</summary>
internal sealed class VolumeReloadService(RouterTasks tasks)
{
    public void Register(RpcService service)
        => service.Unary("TaskReloadVolumes", (TaskReloadVolumesRequest request, RpcContext context) => Task.FromResult(Reload(request, context)));

    private TaskReloadVolumesResponse Reload(TaskReloadVolumesRequest request, RpcContext context)
    {
        var sandbox = tasks.Find(context, request.TaskId);
        sandbox.FindContainer(request.ContainerId);
        return sandbox.IsRunning
            ? new TaskReloadVolumesResponse()
            : throw RpcFailedException.NotFound($"Sandbox {sandbox.Id} has ended; its volumes are mounted no more.");
    }
}
