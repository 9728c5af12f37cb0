using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using ModalAI.Emulator.ControlPlane;
using ModalAI.Emulator.Network;

namespace ModalAI.Emulator;

/// <summary>How an emulator behaves. All of it has defaults that work.</summary>
public sealed class ModalEmulatorOptions
{
    /// <summary>The loopback port to listen on, 0 to 65535. Default: 0, any that is free.</summary>
    public int Port { get; set; }

    /// <summary>
    /// The loopback port of the control endpoint (HTTP and JSON), by which programs of other languages ask for faults and read the ledger; 0 for any that is free. Default: null, there is
    /// none.
    /// </summary>
    public int? ControlPort { get; set; }

    /// <summary>Added to every RPC before it is handled, as the way to a far server would; RPCs that run side by side are delayed side by side. Default: none.</summary>
    public TimeSpan DelayPerRpc { get; set; }

    /// <summary>
    /// Where volumes and the file systems of sandboxes live. Default: null, a folder of its own among the temporary files, removed at the end. A folder
    /// that is given is made where it is missing. Volumes with a name stay in it, in <c>volumes</c>, and a later emulator finds them again; all else is removed.
    /// </summary>
    public string? StateDirectory { get; set; }

    /// <summary>The only token that is accepted. Default: null, any token id and secret that are not empty, unless <see cref="RequiredOAuthCredentials"/> is set.</summary>
    public ModalEmulatorCredentials? RequiredCredentials { get; set; }

    /// <summary>
    /// The only OAuth credentials that are accepted. Default: null, any that are complete, unless <see cref="RequiredCredentials"/> is set; signatures of
    /// assertions are not checked then.
    /// </summary>
    public ModalEmulatorOAuthCredentials? RequiredOAuthCredentials { get; set; }

    /// <summary>
    /// Directories with a root file system by the image tags that they stand for. They are never written to. Sandboxes of other tags run on this
    /// computer's own programs: a tag is recorded, not pulled.
    /// </summary>
    public IDictionary<string, string> Images { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>How long the commands of one layer of an image may take, above zero and at most a day. Default: an hour.</summary>
    public TimeSpan ImageBuildTimeout { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Secrets by name, each with its environment variables; every environment has them.</summary>
    public IDictionary<string, IReadOnlyDictionary<string, string>> Secrets { get; } =
        new Dictionary<string, IReadOnlyDictionary<string, string>>(StringComparer.Ordinal);

    /// <summary>
    /// Directories of this computer by the names of the cloud buckets that they stand for, whatever the endpoint. A key prefix is a folder in one, made where it is
    /// missing. Sandboxes write into them. Default: none; buckets are refused, unless <see cref="Accept"/> has <see cref="ModalEmulatorAcceptance.CloudBucketMounts"/>.
    /// </summary>
    public IDictionary<string, string> Buckets { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Environments that exist beside <c>main</c>, which an empty name stands for.</summary>
    public ICollection<string> Environments { get; } = [];

    /// <summary>Names of proxies that there are in every environment; a sandbox that uses one also needs <see cref="ModalEmulatorAcceptance.Proxies"/>.</summary>
    public ICollection<string> Proxies { get; } = [];

    /// <summary>
    /// Gives every sandbox a network of its own, as those with an allowlist have: ports are its own, this computer's loopback services are out of reach, and its
    /// network policy can be changed while it runs. TCP and DNS over IPv4 go through, nothing else does. Needs nft and ip. Default: false, sandboxes share this
    /// computer's network unless their options ask for less.
    /// </summary>
    public bool SeparateNetworks { get; set; }

    /// <summary>What is accepted and recorded though the emulator cannot do it. Default: nothing, it is refused.</summary>
    public ModalEmulatorAcceptance Accept { get; set; }

    /// <summary>
    /// Whether reads, waits and writes of a command that arrive before its start are held for a moment. Default: true; false answers NOT_FOUND at
    /// once, as a stricter server may.
    /// </summary>
    public bool AllowReadsAheadOfStart { get; set; } = true;

    /// <summary>How long the tokens live that the emulator issues, at least a second. Default: an hour.</summary>
    public TimeSpan TokenLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Bytes kept of each output stream; a command that prints more is killed. Default: 5 GiB.</summary>
    public long MaxOutputBytes { get; set; } = 5L * 1024 * 1024 * 1024;

    /// <summary>How many sandboxes that have ended stay known, with their output. Default: 100.</summary>
    public int MaxEndedSandboxes { get; set; } = 100;

    /// <summary>
    /// Whether <see cref="ModalEmulator.Recorder"/> keeps the requests. Default: false. It keeps them as they came, with credentials and values of secrets: for
    /// tests only.
    /// </summary>
    public bool RecordRequests { get; set; }

    /// <summary>How many requests are kept, at least one; the oldest are dropped. Default: 10,000.</summary>
    public int MaxRecordedRequests { get; set; } = 10_000;

    /// <summary>Bytes of memory that the kept requests take, about; the oldest are dropped. At least 1 KiB. Default: 64 MiB.</summary>
    public long MaxRecordedBytes { get; set; } = 64L * 1024 * 1024;

    /// <summary>Where the emulator logs to. Default: null, nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>What timeouts of sandboxes and commands, token lifetimes and points in time are measured by. Default: null, the system's clock.</summary>
    public TimeProvider? TimeProvider { get; set; }

    /// <summary>Finds the addresses of hosts for sandboxes that have a network of their own. Default: null, as this computer does.</summary>
    internal NameLookup? NameLookup { get; set; }

    /// <summary>A socket that is bound to the port already. Default: null, one is made.</summary>
    internal Socket? BoundSocket { get; set; }

    /// <exception cref="ArgumentException">A value is not allowed; the message says which and why.</exception>
    internal void Validate()
    {
        Require(Port is >= 0 and <= 65535, nameof(Port), $"{Port} is not a port; give 0 to 65535");
        Require(ControlPort is null or (>= 0 and <= 65535), nameof(ControlPort), $"{ControlPort} is not a port; give 0 to 65535");
        Require(DelayPerRpc >= TimeSpan.Zero && DelayPerRpc <= TimeSpan.FromMinutes(1), nameof(DelayPerRpc), $"{DelayPerRpc} is not between zero and a minute");
        Require(TokenLifetime >= TimeSpan.FromSeconds(1), nameof(TokenLifetime), $"{TokenLifetime} is shorter than a second");
        Require(
            ImageBuildTimeout > TimeSpan.Zero && ImageBuildTimeout <= TimeSpan.FromDays(1), nameof(ImageBuildTimeout), $"{ImageBuildTimeout} is not above zero and at most a day");
        Require(MaxOutputBytes > 0, nameof(MaxOutputBytes), $"{MaxOutputBytes} is not above zero");
        Require(MaxEndedSandboxes >= 0, nameof(MaxEndedSandboxes), $"{MaxEndedSandboxes} is below zero");
        Require(Proxies.All(static name => name.Trim().Length > 0), nameof(Proxies), "a name is empty");
        Require(MaxRecordedRequests > 0, nameof(MaxRecordedRequests), $"{MaxRecordedRequests} is not above zero");
        Require(MaxRecordedBytes >= 1024, nameof(MaxRecordedBytes), $"{MaxRecordedBytes} is below 1024");
        foreach (var (tag, directory) in Images)
        {
            Require(tag.Trim().Length > 0, nameof(Images), $"the tag of directory '{directory}' is empty");
            Require(Directory.Exists(directory), nameof(Images), $"the directory '{directory}' of tag '{tag}' does not exist");
        }

        foreach (var (bucket, directory) in Buckets)
        {
            Require(bucket.Length > 0, nameof(Buckets), $"the name of the bucket with directory '{directory}' is empty");
            Require(Directory.Exists(directory), nameof(Buckets), $"the directory '{directory}' of bucket '{bucket}' does not exist");
        }

        foreach (var environment in Environments)
        {
            Require(ObjectNames.IsValidEnvironment(environment, allowPeriods: true), nameof(Environments), $"'{environment}' is no name of an environment");
        }

        if (RequiredOAuthCredentials is { } oauth)
        {
            Require(
                oauth.ClientSecret is not null || oauth.JwtPublicKey is not null, nameof(RequiredOAuthCredentials), "it has neither a client secret nor a public key");
            Require(oauth.JwtPublicKey is null || OAuthCredentials.IsPublicKey(oauth.JwtPublicKey), nameof(RequiredOAuthCredentials), "the public key is not RSA in PEM");
        }
    }

    private static void Require(bool isMet, string option, string problem)
    {
        if (!isMet)
        {
            throw new ArgumentException($"{nameof(ModalEmulatorOptions)}.{option}: {problem}.", option);
        }
    }
}
