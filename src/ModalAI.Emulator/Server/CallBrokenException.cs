namespace ModalAI.Emulator.Server;

/// <summary>A fault breaks the call: no status is sent.</summary>
internal sealed class CallBrokenException(ModalEmulatorBreak how) : Exception("A fault of the emulator breaks the call.")
{
    public ModalEmulatorBreak How { get; } = how;
}
