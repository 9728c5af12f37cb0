namespace ModalAI.Emulator;

/// <summary>How a call breaks (<see cref="ModalEmulatorFaultRule"/>).</summary>
public enum ModalEmulatorBreak
{
    /// <summary>The call's stream is reset (RST_STREAM); what was under way may be lost with it. Other calls of the connection go on.</summary>
    ResetStream,

    /// <summary>
    /// The reply ends where it stands, with no status; all that was sent until then arrives, so that a stream makes the same progress each time.
    /// </summary>
    EndStream,

    /// <summary>The connection is closed, with all calls on it; what was under way may be lost with it.</summary>
    CloseConnection,
}
