using ModalAI.Emulator.Sandboxes;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>What a sandbox's definition says of snapshots.</summary>
internal static class SnapshotRules
{
    /// <summary>The experimental option that keeps the files of a sandbox which ends.</summary>
    public const string ExitSnapshotOption = "enable_exit_snapshot";

    /// <exception cref="RpcFailedException">The option has a value other than true or false.</exception>
    public static bool KeepsExitSnapshot(Sandbox definition)
    {
        if (!definition.ExperimentalOptionsV2.TryGetValue(ExitSnapshotOption, out var value))
        {
            return false;
        }

        return bool.TryParse(value, out var flag)
            ? flag
            : throw RpcFailedException.InvalidArgument($"The experimental option '{ExitSnapshotOption}' is '{value}': it must be 'true' or 'false'.");
    }

    /// <exception cref="RpcFailedException">The sandbox was not created for snapshots of memory.</exception>
    public static void CheckMemory(EmulatedSandbox sandbox)
    {
        if (!sandbox.Plan.Definition.EnableSnapshot)
        {
            throw RpcFailedException.FailedPrecondition($"Sandbox {sandbox.Id} was not created for snapshots of memory; create it with enable_snapshot.");
        }
    }
}
