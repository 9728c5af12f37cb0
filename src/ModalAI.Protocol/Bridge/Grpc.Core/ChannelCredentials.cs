namespace Grpc.Core;

/// <summary>Whether a channel uses TLS. What certificate it accepts is set on the HTTP handler.</summary>
internal abstract class ChannelCredentials
{
    public static ChannelCredentials Insecure { get; } = new InsecureCredentials();

    public static ChannelCredentials SecureSsl { get; } = new SslCredentials();

    private sealed class InsecureCredentials : ChannelCredentials;
}
