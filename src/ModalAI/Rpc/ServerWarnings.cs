using System.Collections.Concurrent;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using ModalAI.Diagnostics;

namespace ModalAI.Rpc;

/// <summary>Logs what the server says in the trailer x-modal-warning, once for each distinct text.</summary>
internal sealed class ServerWarnings(ILogger logger)
{
    private const string Trailer = "x-modal-warning";
    private const int MaxRemembered = 2048;
    private readonly ConcurrentDictionary<string, bool> _seen = new(StringComparer.Ordinal);

    public void Read(Metadata trailers)
    {
        if (trailers.Count == 0 || trailers.GetValue(Trailer) is not { } value)
        {
            return;
        }

        foreach (var item in value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (_seen.Count > MaxRemembered)
            {
                _seen.Clear();
            }

            var text = Uri.UnescapeDataString(item);
            if (_seen.TryAdd(text, true))
            {
                Log.ServerWarning(logger, text);
            }
        }
    }
}
