namespace ModalAI.Emulator.Isolation;

/// <summary>This computer does not let processes be isolated, or a sandbox could not be set up; the message says what to change.</summary>
internal sealed class IsolationUnavailableException(string message, Exception? innerException = null) : Exception(message, innerException);
