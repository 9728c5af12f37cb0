using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ModalAI.Emulator.Network;

/// <summary>What encrypted tunnels of one emulator show: a certificate for the loopback address that nobody has signed. Made when it is first needed.</summary>
internal sealed class TunnelCertificate : IDisposable
{
    private readonly Lazy<(X509Certificate2 Certificate, SslStreamCertificateContext Context)> _made = new(Make);

    public X509Certificate2 Certificate => _made.Value.Certificate;

    public SslServerAuthenticationOptions CreateOptions(bool allowsHttp2) => new()
    {
        ServerCertificateContext = _made.Value.Context,
        ApplicationProtocols = allowsHttp2 ? [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11] : [SslApplicationProtocol.Http11],
    };

    public void Dispose()
    {
        if (_made.IsValueCreated)
        {
            _made.Value.Certificate.Dispose();
        }
    }

    private static (X509Certificate2 Certificate, SslStreamCertificateContext Context) Make()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Modal emulator", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        var now = DateTimeOffset.UtcNow;
        var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddYears(1));
        return (certificate, SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true));
    }
}
