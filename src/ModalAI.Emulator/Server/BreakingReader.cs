using System.Buffers;
using System.IO.Pipelines;

namespace ModalAI.Emulator.Server;

/// <summary>A request that breaks after so many bytes: those are handed on, and the wait for more breaks.</summary>
internal sealed class BreakingReader(PipeReader inner, ModalEmulatorFault fault) : PipeReader
{
    private long _left = fault.Rule.BreakAfterReceived!.Value;
    private ReadOnlySequence<byte> _shown;
    private bool _isAtLimit;
    private bool _isOff;

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (!_isOff && (_isAtLimit || _left == 0))
        {
            if (fault.TryHit())
            {
                throw new CallBrokenException(fault.Rule.Break);
            }

            // The rule has struck often enough meanwhile.
            _isOff = true;
        }

        var read = await inner.ReadAsync(cancellationToken).ConfigureAwait(false);
        return Show(read);
    }

    public override bool TryRead(out ReadResult result)
    {
        result = default;
        return false;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (!_isOff)
        {
            // All that is shown was looked at and did not suffice: what is needed next lies beyond the limit.
            _isAtLimit = _shown.Length == _left && _shown.Slice(examined).IsEmpty;
            _left -= _shown.Slice(_shown.Start, consumed).Length;
        }

        inner.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    private ReadResult Show(ReadResult read)
    {
        if (_isOff || read.Buffer.Length < _left || (read.IsCompleted && read.Buffer.Length == _left))
        {
            // A request that ends here does not reach beyond the limit.
            _isOff |= read.IsCompleted;
            _shown = read.Buffer;
            return read;
        }

        _shown = read.Buffer.Slice(0, _left);
        return new ReadResult(_shown, read.IsCanceled, isCompleted: false);
    }
}
