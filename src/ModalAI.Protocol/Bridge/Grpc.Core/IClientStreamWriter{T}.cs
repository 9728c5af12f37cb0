namespace Grpc.Core;

/// <summary>Messages to the server, and the end of them.</summary>
internal interface IClientStreamWriter<in T> : IAsyncStreamWriter<T>
{
    Task CompleteAsync();
}
