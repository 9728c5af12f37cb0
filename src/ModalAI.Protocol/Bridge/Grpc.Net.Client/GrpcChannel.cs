using System.Collections.Concurrent;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Grpc.Net.Client;

/// <summary>A way to one server, over HTTP/2: in clear for <c>http://</c>, with TLS for <c>https://</c>. It connects when it is first used.</summary>
internal sealed class GrpcChannel : ChannelBase, IDisposable
{
    private readonly Uri _address;
    private readonly bool _disposeInvoker;
    private readonly ConcurrentDictionary<IMethod, Uri> _uris = new();
    private readonly HashSet<GrpcCall> _calls = [];
    private readonly Lock _gate = new();
    private bool _disposed;

    private GrpcChannel(Uri address, GrpcChannelOptions options)
        : base(address.Authority)
    {
        _address = address;
        ValidateAddress(address, options.Credentials);
        _disposeInvoker = options.DisposeHttpClient || (options.HttpClient is null && options.HttpHandler is null);
        Invoker = options.HttpClient
            ?? new HttpMessageInvoker(options.HttpHandler ?? new SocketsHttpHandler { EnableMultipleHttp2Connections = true });
        MaxReceiveMessageSize = options.MaxReceiveMessageSize;
        MaxSendMessageSize = options.MaxSendMessageSize;
        ThrowOperationCanceledOnCancellation = options.ThrowOperationCanceledOnCancellation;
        Logger = (options.LoggerFactory ?? NullLoggerFactory.Instance).CreateLogger("Grpc.Net.Client.Internal.GrpcCall");
    }

    internal HttpMessageInvoker Invoker { get; }

    internal int? MaxReceiveMessageSize { get; }

    internal int? MaxSendMessageSize { get; }

    internal bool ThrowOperationCanceledOnCancellation { get; }

    internal ILogger Logger { get; }

    public static GrpcChannel ForAddress(string address) => ForAddress(new Uri(address));

    public static GrpcChannel ForAddress(string address, GrpcChannelOptions channelOptions) => ForAddress(new Uri(address), channelOptions);

    public static GrpcChannel ForAddress(Uri address) => ForAddress(address, new GrpcChannelOptions());

    public static GrpcChannel ForAddress(Uri address, GrpcChannelOptions channelOptions)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(channelOptions);
        if (channelOptions.HttpClient is not null && channelOptions.HttpHandler is not null)
        {
            throw new ArgumentException("HttpClient and HttpHandler have been configured. Only one HTTP caller can be specified.");
        }

        return new GrpcChannel(address, channelOptions);
    }

    public override CallInvoker CreateCallInvoker()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new HttpClientCallInvoker(this);
    }

    /// <summary>Cancels the calls that have not ended, and closes the connections if they are the channel's own.</summary>
    public void Dispose()
    {
        GrpcCall[] calls;
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            calls = [.. _calls];
        }

        foreach (var call in calls)
        {
            call.Dispose();
        }

        if (_disposeInvoker)
        {
            Invoker.Dispose();
        }
    }

    internal void Add(GrpcCall call)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _calls.Add(call);
        }
    }

    internal void Remove(GrpcCall call)
    {
        lock (_gate)
        {
            _calls.Remove(call);
        }
    }

    internal Uri GetUri(IMethod method) =>
        _uris.GetOrAdd(method, static (method, address) => new UriBuilder(address.Scheme, address.Host, address.Port, method.FullName).Uri, _address);

    private static void ValidateAddress(Uri address, ChannelCredentials? credentials)
    {
        var secure = address.Scheme == Uri.UriSchemeHttps;
        if (!secure && address.Scheme != Uri.UriSchemeHttp)
        {
            throw new InvalidOperationException($"Unable to call '{address}': the address of a channel must begin with http:// or https://.");
        }

        if (credentials is not null && secure != credentials is SslCredentials)
        {
            throw new InvalidOperationException(
                $"Channel is configured with {(secure ? "insecure" : "secure")} channel credentials and can't use the '{address.Scheme}' scheme.");
        }
    }
}
