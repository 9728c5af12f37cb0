using System.Text;
using Microsoft.Extensions.AI;
using ModalAI.Sandboxes;

namespace ModalAI.Tools;

/// <summary>Tells an application what a command prints while it runs.</summary>
internal static class CommandProgress
{
    private const int MaxBytes = 1024 * 1024;
    private const int MaxPieceBytes = 16 * 1024;

    private static readonly AsyncLocal<Listener?> Current = new();

    /// <summary>Has the commands of the call that begins here tell the listener that its arguments name, if they do.</summary>
    public static void Begin(string tool, AIFunctionArguments arguments)
    {
        object? found = null;
        if (arguments.Context?.TryGetValue(typeof(IProgress<ModalCommandProgress>), out found) != true)
        {
            found = arguments.Services?.GetService(typeof(IProgress<ModalCommandProgress>));
        }

        var progress = found as IProgress<ModalCommandProgress>;
        var call = progress is null ? null : arguments.Context?.Values.OfType<FunctionCallContent>().FirstOrDefault();
        Current.Value = progress is null ? null : new Listener(progress, tool, call?.CallId);
    }

    /// <summary>A sink that tells the call's listener too; the sink itself where there is none.</summary>
    public static IOutputSink Observe(IOutputSink sink, bool isError = false) => Current.Value is { } listener ? new Sink(sink, listener, isError) : sink;

    private sealed class Listener(IProgress<ModalCommandProgress> progress, string tool, string? callId)
    {
        private readonly Lock _lock = new();
        private int _bytesLeft = MaxBytes;

        public void Report(ReadOnlySpan<byte> bytes, Decoder decoder, bool isError)
        {
            lock (_lock)
            {
                bytes = bytes[..Math.Min(bytes.Length, _bytesLeft)];
                _bytesLeft -= bytes.Length;
                for (; bytes.Length > 0; bytes = bytes[Math.Min(bytes.Length, MaxPieceBytes)..])
                {
                    var piece = bytes[..Math.Min(bytes.Length, MaxPieceBytes)];
                    var text = new char[decoder.GetCharCount(piece, flush: false)];
                    decoder.GetChars(piece, text, flush: false);
                    if (text.Length > 0 && !TryReport(new ModalCommandProgress(tool, callId, isError, new string(text))))
                    {
                        _bytesLeft = 0;
                        return;
                    }
                }
            }
        }

        private bool TryReport(ModalCommandProgress report)
        {
            try
            {
                progress.Report(report);
                return true;
            }
            catch (Exception)
            {
                // What becomes of the command is not the listener's business.
                return false;
            }
        }
    }

    private sealed class Sink(IOutputSink inner, Listener listener, bool isError) : IOutputSink
    {
        private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();

        public long TotalBytes => inner.TotalBytes;

        public void Append(ReadOnlySpan<byte> bytes)
        {
            inner.Append(bytes);
            listener.Report(bytes, _decoder, isError);
        }
    }
}
