namespace ModalAI.Emulator.Isolation;

/// <summary>An image could not be mounted or unmounted; the message says why.</summary>
internal sealed class MountException(MountFailure failure, string message) : Exception(message)
{
    public MountFailure Failure => failure;
}
