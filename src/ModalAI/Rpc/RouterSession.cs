using Stub = ModalAI.Protocol.TaskCommandRouter.TaskCommandRouterClient;

namespace ModalAI.Rpc;

/// <summary>What it takes to speak to a task: the router's client, the task's id and the token for it.</summary>
/// <param name="Stub">Client of the router.</param>
/// <param name="TaskId">Id of the task.</param>
/// <param name="Jwt">Sent as a bearer token.</param>
internal sealed record RouterSession(Stub Stub, string TaskId, string Jwt)
{
    public override string ToString() => $"RouterSession ({TaskId})";
}
