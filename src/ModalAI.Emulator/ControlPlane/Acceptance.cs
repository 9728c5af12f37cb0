using ModalAI.Emulator.Server;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>Refuses what the emulator cannot do, or lets it pass and records it where the options say so.</summary>
internal sealed class Acceptance(ModalEmulatorAcceptance accepted, ModalEmulatorLedger ledger)
{
    public void Check(ModalEmulatorAcceptance feature, bool isSet, string what)
    {
        if (!isSet)
        {
            return;
        }

        if (!accepted.HasFlag(feature))
        {
            throw RpcFailedException.FailedPrecondition(
                $"The emulator does not support {what} ({nameof(ModalEmulatorOptions)}.{nameof(ModalEmulatorOptions.Accept)} = {feature} lets it pass).");
        }

        ledger.Accepted(feature, what);
    }
}
