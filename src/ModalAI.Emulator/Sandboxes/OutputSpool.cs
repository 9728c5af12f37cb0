using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;
using ModalAI.Emulator.Server;

namespace ModalAI.Emulator.Sandboxes;

/// <summary>
/// All the bytes of one output stream: taken as fast as the process prints them, kept after its exit, readable from any offset by any number
/// of readers. The first bytes stay in memory, the rest goes to a file. One writer at a time.
/// </summary>
internal sealed class OutputSpool(string path, long limit, IOutputObserver? observer = null) : IDisposable
{
    private const int InMemory = 16 * 1024;

    private readonly Lock _gate = new();
    private byte[] _head = [];
    private SafeFileHandle? _file;
    private long _length;
    private bool _hasFile;
    private bool _isCompleted;
    private bool _isDisposed;
    private RpcFailedException? _failure;
    private TaskCompletionSource? _changed;

    /// <summary>Bytes taken so far.</summary>
    public long Length
    {
        get
        {
            lock (_gate)
            {
                return _length;
            }
        }
    }

    /// <summary>Takes bytes in. False where they cannot all be kept: readers get an error after the last byte that is.</summary>
    public bool TryAppend(ReadOnlySpan<byte> data)
    {
        var kept = data[..(int)Math.Min(data.Length, limit - _length)];
        var head = kept[..(int)Math.Min(kept.Length, Math.Max(0, InMemory - _length))];
        var tail = kept[head.Length..];
        var failure = kept.Length < data.Length ? TooLong() : null;
        if (tail.Length > 0 && !TryWrite(tail, _length + head.Length - InMemory, out var problem))
        {
            failure = new RpcFailedException(RpcStatusCode.ResourceExhausted, $"The emulator could not keep the output: {problem}");
            kept = head;
        }

        TaskCompletionSource? changed;
        var offset = _length;
        lock (_gate)
        {
            if (head.Length > 0)
            {
                GrowHead((int)_length + head.Length);
                head.CopyTo(_head.AsSpan((int)_length));
            }

            _length += kept.Length;
            _failure ??= failure;
            changed = TakeChanged();
        }

        changed?.SetResult();
        observer?.OnAppended(kept, offset);
        return failure is null;
    }

    /// <summary>Ends the stream: readers get the rest, then the end.</summary>
    public void Complete()
    {
        TaskCompletionSource? changed;
        lock (_gate)
        {
            if (_isCompleted)
            {
                return;
            }

            _isCompleted = true;
            _file?.Dispose();
            _file = null;
            if (_head.Length > _length)
            {
                Array.Resize(ref _head, (int)_length);
            }

            changed = TakeChanged();
        }

        changed?.SetResult();
        observer?.OnCompleted();
    }

    /// <summary>
    /// Reads at most <paramref name="buffer"/>'s length from <paramref name="offset"/>, waiting for bytes to come. 0 at the end of the stream.
    /// <paramref name="file"/> is the reader's own handle: empty at first, for the reader to dispose.
    /// </summary>
    public async ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, StrongBox<SafeFileHandle?> file, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_isDisposed)
                {
                    throw RpcFailedException.NotFound("The output is not kept any more.");
                }

                if (offset < _length)
                {
                    break;
                }

                if (_isCompleted)
                {
                    return _failure is null ? 0 : throw _failure;
                }

                changed = (_changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        return Copy(offset, buffer.Span, file);
    }

    /// <summary>Forgets the bytes. Readers under way end with an error.</summary>
    public void Dispose()
    {
        Complete();
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
            _head = [];
        }

        if (_hasFile)
        {
            File.Delete(path);
        }
    }

    private int Copy(long offset, Span<byte> buffer, StrongBox<SafeFileHandle?> file)
    {
        long available;
        lock (_gate)
        {
            available = _length - offset;
            if (offset < InMemory)
            {
                var head = _head.AsSpan((int)offset, (int)Math.Min(InMemory - offset, available));
                head = head[..Math.Min(head.Length, buffer.Length)];
                head.CopyTo(buffer);
                return head.Length;
            }
        }

        // Written bytes never change, so the file is read without the lock.
        file.Value ??= File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        return RandomAccess.Read(file.Value, buffer[..(int)Math.Min(buffer.Length, available)], offset - InMemory);
    }

    private bool TryWrite(ReadOnlySpan<byte> data, long fileOffset, out string problem)
    {
        try
        {
            _file ??= File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
            _hasFile = true;
            RandomAccess.Write(_file, data, fileOffset);
            problem = "";
            return true;
        }
        catch (IOException e)
        {
            problem = e.Message;
            return false;
        }
    }

    private RpcFailedException TooLong()
        => new(RpcStatusCode.ResourceExhausted, $"The process printed more than the {limit} bytes that the emulator keeps of a stream, and was killed.");

    private void GrowHead(int needed)
    {
        if (_head.Length < needed)
        {
            Array.Resize(ref _head, Math.Min(InMemory, Math.Max(needed, _head.Length * 2)));
        }
    }

    private TaskCompletionSource? TakeChanged()
    {
        var changed = _changed;
        _changed = null;
        return changed;
    }
}
