namespace ModalAI.Emulator.Isolation;

/// <summary>A command did not start. A missing program is no such failure: it exits with 127, as in a shell.</summary>
internal sealed class ProcessStartException(ProcessStartFailure failure, string message) : Exception(message)
{
    public ProcessStartFailure Failure { get; } = failure;
}
