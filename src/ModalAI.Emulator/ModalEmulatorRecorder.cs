using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using ModalAI.Emulator.Server;

namespace ModalAI.Emulator;

/// <summary>
/// The requests that an emulator took, decoded, for tests that want to see what was sent. It keeps everything, credentials and values of secrets too: it is
/// for tests only. The oldest are dropped beyond <see cref="ModalEmulatorOptions.MaxRecordedRequests"/> and <see cref="ModalEmulatorOptions.MaxRecordedBytes"/>.
/// </summary>
public sealed class ModalEmulatorRecorder
{
    private readonly Lock _gate = new();
    private readonly Queue<ModalEmulatorRequest> _requests = new();
    private readonly int _maxRequests;
    private readonly long _maxSize;
    private long _size;
    private long _dropped;

    internal ModalEmulatorRecorder(int maxRequests, long maxBytes)
    {
        _maxRequests = maxRequests;
        _maxSize = maxBytes / sizeof(char);
    }

    /// <summary>The requests in the order in which they came, those that still run included.</summary>
    public IReadOnlyList<ModalEmulatorRequest> Requests
    {
        get
        {
            lock (_gate)
            {
                return [.. _requests];
            }
        }
    }

    /// <summary>How many requests were dropped to keep the bounds.</summary>
    public long DroppedRequests
    {
        get
        {
            lock (_gate)
            {
                return _dropped;
            }
        }
    }

    /// <summary>Forgets the requests so far.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            foreach (var request in _requests)
            {
                request.IsDropped = true;
            }

            _requests.Clear();
            _size = 0;
            _dropped = 0;
        }
    }

    internal ModalEmulatorRequest Start(string service, string rpc, IHeaderDictionary headers)
    {
        // Pseudo headers of HTTP/2 are of the connection, not of the call.
        var request = new ModalEmulatorRequest(
            service,
            rpc,
            [.. headers.Where(static header => !header.Key.StartsWith(':')).Select(static header => KeyValuePair.Create(header.Key.ToLowerInvariant(), header.Value.ToString()))]);
        lock (_gate)
        {
            _requests.Enqueue(request);
            Grow(request, request.Headers.Sum(static header => header.Key.Length + header.Value.Length));
        }

        return request;
    }

    internal void Add(ModalEmulatorRequest request, IMessage message)
    {
        var json = RequestJson.From(message);
        lock (_gate)
        {
            if (!request.IsDropped)
            {
                request.Add(json);
                Grow(request, json.Length);
            }
        }
    }

    private void Grow(ModalEmulatorRequest request, long size)
    {
        request.Size += size;
        _size += size;
        while (_requests.Count > _maxRequests || _size > _maxSize)
        {
            var oldest = _requests.Dequeue();
            oldest.IsDropped = true;
            _size -= oldest.Size;
            _dropped++;
        }
    }
}
