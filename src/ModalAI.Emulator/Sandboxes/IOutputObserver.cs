namespace ModalAI.Emulator.Sandboxes;

/// <summary>Hears of what a stream takes in, on the thread of its writer.</summary>
internal interface IOutputObserver
{
    /// <summary>Bytes were taken; they can be read already.</summary>
    void OnAppended(ReadOnlySpan<byte> data, long offset);

    /// <summary>There are no more. May be called more than once.</summary>
    void OnCompleted();
}
