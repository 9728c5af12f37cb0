using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Grpc.Net.Client;

/// <summary>How a channel reaches its server.</summary>
internal sealed class GrpcChannelOptions
{
    /// <summary>TLS or not. By default the scheme of the address decides; when set, both must agree.</summary>
    public ChannelCredentials? Credentials { get; set; }

    /// <summary>Bytes of one sent message. Unlimited by default.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>Bytes of one received message. 4 MiB by default; null is unlimited.</summary>
    public int? MaxReceiveMessageSize { get; set; } = 4 * 1024 * 1024;

    public ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>Sends the requests. Not together with <see cref="HttpHandler"/>.</summary>
    public HttpClient? HttpClient { get; set; }

    /// <summary>Sends the requests. Not together with <see cref="HttpClient"/>.</summary>
    public HttpMessageHandler? HttpHandler { get; set; }

    /// <summary>Whether the channel disposes the client or the handler that it was given. It always disposes its own.</summary>
    public bool DisposeHttpClient { get; set; }

    /// <summary>Whether cancellation and deadlines throw <see cref="OperationCanceledException"/> rather than <see cref="RpcException"/>.</summary>
    public bool ThrowOperationCanceledOnCancellation { get; set; }
}
