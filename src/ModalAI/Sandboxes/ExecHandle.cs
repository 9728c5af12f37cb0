namespace ModalAI.Sandboxes;

/// <summary>A command by the id that we chose for it. Reads and waits may be sent before its start is confirmed.</summary>
/// <param name="ExecId">Its id.</param>
/// <param name="Started">Completes when the router has confirmed the start, or fails with why it did not.</param>
/// <param name="IsAttached">Whether it was started elsewhere, so that it may not be there.</param>
internal sealed record ExecHandle(string ExecId, Task Started, bool IsAttached = false);
