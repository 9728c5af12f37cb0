using Stub = ModalAI.Protocol.TaskCommandRouter.TaskCommandRouterClient;

namespace ModalAI.Rpc;

/// <summary>What it takes to speak to a task: where its router is, the task's id and the token for it.</summary>
/// <param name="Channels">Has the way to the router.</param>
/// <param name="Address">Scheme, host and port of the router.</param>
/// <param name="TaskId">Id of the task.</param>
/// <param name="Jwt">Sent as a bearer token.</param>
internal sealed record RouterSession(RouterChannels Channels, string Address, string TaskId, string Jwt)
{
    /// <summary>Client of the router, good for the next call.</summary>
    public Stub Stub => Channels.Get(Address);

    public override string ToString() => $"RouterSession ({TaskId})";
}
