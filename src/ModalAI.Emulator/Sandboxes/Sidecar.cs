using ModalAI.Protocol;

namespace ModalAI.Emulator.Sandboxes;

/// <summary>A container beside a sandbox's main one, from its creation to its end.</summary>
internal sealed class Sidecar(SandboxContainer container)
{
    private readonly TaskCompletionSource<GenericResult> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private GenericResult? _end;

    public SandboxContainer Container => container;

    /// <summary>Null where it has none and waits for its end.</summary>
    public SandboxExec? Entrypoint { get; set; }

    /// <summary>False as soon as the end has begun.</summary>
    public bool IsRunning => Volatile.Read(ref _end) is null;

    /// <summary>How it ended; ends when nothing of it runs any more.</summary>
    public Task<GenericResult> Ended => _ended.Task;

    /// <summary>Null while it runs.</summary>
    public GenericResult? Result => Ended.IsCompletedSuccessfully ? Ended.Result : null;

    /// <summary>Says how it is to end; true for the first who does, and who then has to end it.</summary>
    public bool TryBeginEnd(GenericResult end) => Interlocked.CompareExchange(ref _end, end, null) is null;

    /// <summary>Nothing of it runs any more.</summary>
    public void CompleteEnd() => _ended.SetResult(_end!);
}
