namespace Grpc.Core;

/// <summary>TLS.</summary>
internal sealed class SslCredentials : ChannelCredentials;
