namespace ModalAI.Emulator.Server;

/// <summary>The client has reset the call: what is written to it goes nowhere.</summary>
internal sealed class CallResetException() : OperationCanceledException("The client has reset the call.");
