using ModalAI.Emulator.Isolation;
using ModalAI.Emulator.Server;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>What clients are told when a sandbox or a sidecar cannot be started.</summary>
internal static class StartFailures
{
    /// <summary>Starts something; a failure is told as that of the RPC.</summary>
    public static async Task<T> ToldAsync<T>(Func<Task<T>> start)
    {
        try
        {
            return await start().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IsolationUnavailableException or ProcessStartException)
        {
            throw RpcFailedException.FailedPrecondition(e.Message);
        }
        catch (ArgumentException e)
        {
            throw RpcFailedException.InvalidArgument(e.Message);
        }
    }
}
