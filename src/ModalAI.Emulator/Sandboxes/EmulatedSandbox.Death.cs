using System.Diagnostics.CodeAnalysis;
using ModalAI.Emulator.Server;
using static ModalAI.Protocol.GenericResult.Types;

namespace ModalAI.Emulator.Sandboxes;

/// <content>The death of the worker that a sandbox runs on: its command router forgets the task at once, with what it printed.</content>
[SuppressMessage("Design", "CA1001", Justification = "The source has neither timer nor wait handle, and calls may come as long as the sandbox is known.")]
internal sealed partial class EmulatedSandbox
{
    private readonly CancellationTokenSource _dead = new();

    /// <summary>Ends the sandbox as the loss of its worker would: calls that run break off, those that come later find no such task.</summary>
    public async Task DieAsync()
    {
        // First, so that nobody hears of an exit that a lost worker could not have reported.
        await _dead.CancelAsync().ConfigureAwait(false);
        End(GenericStatus.InternalFailure, ExecExit.Killed.Code, "The sandbox's worker was lost.");
        await Ended.ConfigureAwait(false);
    }

    /// <summary>Has a call of the router end with the sandbox's death.</summary>
    public void EndWithDeath(RpcContext context)
    {
        if (_dead.IsCancellationRequested)
        {
            throw RpcFailedException.NotFound($"There is no task '{TaskId}' any more: its worker was lost.");
        }

        context.EndWith(new RpcFailedException(RpcStatusCode.Unavailable, "The connection to the worker was lost."), _dead.Token);
    }
}
