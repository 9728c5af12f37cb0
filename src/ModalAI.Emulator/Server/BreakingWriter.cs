using System.IO.Pipelines;

namespace ModalAI.Emulator.Server;

/// <summary>A reply that breaks after so many bytes: those are sent, and nothing more.</summary>
internal sealed class BreakingWriter(PipeWriter inner, ModalEmulatorFault fault) : PipeWriter
{
    private long _left = fault.Rule.BreakAfterSent!.Value;
    private byte[]? _void;
    private bool _isOff;

    /// <summary>Whether the call is to break.</summary>
    public bool IsBroken { get; private set; }

    public override Memory<byte> GetMemory(int sizeHint = 0) => IsBroken ? Void(sizeHint) : inner.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        if (IsBroken)
        {
            return;
        }

        if (_isOff || bytes <= _left)
        {
            _left -= bytes;
            inner.Advance(bytes);
            return;
        }

        if (fault.TryHit())
        {
            inner.Advance((int)_left);
            IsBroken = true;
        }
        else
        {
            // The rule has struck often enough meanwhile.
            _isOff = true;
            inner.Advance(bytes);
        }
    }

    public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        var flushed = await inner.FlushAsync(cancellationToken).ConfigureAwait(false);
        return IsBroken ? throw new CallBrokenException(fault.Rule.Break) : flushed;
    }

    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    private Memory<byte> Void(int sizeHint) => _void is { } known && known.Length >= sizeHint ? known : _void = new byte[Math.Max(sizeHint, 4096)];
}
