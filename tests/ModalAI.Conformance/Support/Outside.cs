using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ModalAI.Emulator;

namespace ModalAI.Conformance.Support;

/// <summary>What stands for the rest of the world: this computer at an address that is not its loopback's, and names that lead there.</summary>
internal static class Outside
{
    /// <summary>The first such address; empty on a computer without one.</summary>
    public static string Address { get; } = NetworkInterface.GetAllNetworkInterfaces()
        .Where(static network => network.OperationalStatus == OperationalStatus.Up)
        .SelectMany(static network => network.GetIPProperties().UnicastAddresses)
        .FirstOrDefault(static address => address.Address.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(address.Address))
        ?.Address.ToString() ?? "";

    /// <summary>What scripts get to stand for the world with.</summary>
    public static IReadOnlyDictionary<string, string> Environment { get; } = MakeEnvironment();

    /// <summary>Gives sandboxes the names.</summary>
    public static void Configure(ModalEmulatorOptions options) => options.NameLookup = static (name, _) => name switch
    {
        "host.example" or "other.example" or "wild.example" or "a.wild.example" => Task.FromResult<IPAddress[]>([IPAddress.Parse(Address)]),
        "elsewhere.example" => Task.FromResult<IPAddress[]>([IPAddress.Parse("203.0.113.1")]),
        "loopback.example" => Task.FromResult<IPAddress[]>([IPAddress.Loopback]),
        _ => Task.FromException<IPAddress[]>(new SocketException((int)SocketError.HostNotFound)),
    };

    private static Dictionary<string, string> MakeEnvironment()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=outside", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return new Dictionary<string, string>
        {
            ["OUTSIDE_ADDRESS"] = Address,
            ["OUTSIDE_KEY"] = key.ExportPkcs8PrivateKeyPem(),
            ["OUTSIDE_CERTIFICATE"] = certificate.ExportCertificatePem(),
        };
    }
}
