namespace Grpc.Core;

/// <summary>Messages from the server, one at a time.</summary>
internal interface IAsyncStreamReader<out T>
{
    T Current { get; }

    /// <summary>False when the server ended the call with OK; any other end throws.</summary>
    Task<bool> MoveNext(CancellationToken cancellationToken);
}
