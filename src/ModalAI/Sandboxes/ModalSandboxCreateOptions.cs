using System.Diagnostics.CodeAnalysis;

namespace ModalAI;

/// <summary>What a sandbox is made of, for <see cref="ModalSandboxes.CreateAsync"/>. Fields of Modal's message <c>Sandbox</c>.</summary>
public sealed record ModalSandboxCreateOptions
{
    /// <summary>Name of the app that it belongs to. Default <c>modalai</c>.</summary>
    public string AppName { get; init; } = "modalai";

    /// <summary>Creates the app when there is none of that name. Default true.</summary>
    public bool CreateAppIfMissing { get; init; } = true;

    /// <summary>The Modal environment; null for <see cref="ModalClientOptions.Environment"/>.</summary>
    public string? Environment { get; init; }

    /// <summary>The image that it starts from. Default <c>python:3.13-slim</c>.</summary>
    public ModalImage Image { get; init; } = ModalImage.FromRegistry("python:3.13-slim");

    /// <summary>The entrypoint command (<c>entrypoint_args</c>). Default: none; the sandbox idles until it ends.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>Runs <see cref="Command"/> on a terminal of its own; null, the default, for pipes (<c>pty_info</c>).</summary>
    public ModalPty? Pty { get; init; }

    /// <summary>Absolute path that commands start in (<c>workdir</c>); null for the image's own.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>GPU type and count, <c>TYPE[:COUNT]</c> such as <c>T4</c> or <c>A100:2</c>; null for none. GPUs are to be had on the V1 backend only.</summary>
    public string? Gpu { get; init; }

    /// <summary>CPU cores that are reserved; null for Modal's default.</summary>
    public double? Cpu { get; init; }

    /// <summary>CPU cores that it may use at most; needs <see cref="Cpu"/>.</summary>
    public double? CpuLimit { get; init; }

    /// <summary>Memory in MiB that is reserved; null for Modal's default.</summary>
    public int? MemoryMiB { get; init; }

    /// <summary>Memory in MiB that it may use at most; needs <see cref="MemoryMiB"/>.</summary>
    public int? MemoryLimitMiB { get; init; }

    /// <summary>Volumes by the absolute path that they are mounted at.</summary>
    public IReadOnlyDictionary<string, ModalVolumeMount> Volumes { get; init; } = new Dictionary<string, ModalVolumeMount>();

    /// <summary>Buckets of a cloud's object storage by the absolute path that they are mounted at.</summary>
    public IReadOnlyDictionary<string, ModalCloudBucketMount> CloudBucketMounts { get; init; } = new Dictionary<string, ModalCloudBucketMount>();

    /// <summary>Secrets whose values become environment variables; a later one goes before an earlier one.</summary>
    public IReadOnlyList<ModalSecret> Secrets { get; init; } = [];

    /// <summary>Environment variables; they go before secrets.</summary>
    public IReadOnlyDictionary<string, string> EnvironmentVariables { get; init; } = new Dictionary<string, string>();

    /// <summary>Gives the sandbox no network at all. Default false.</summary>
    public bool BlockNetwork { get; init; }

    /// <summary>IPv4 ranges that may be reached; null for no such limit, an empty list for none.</summary>
    public IReadOnlyList<string>? OutboundCidrAllowlist { get; init; }

    /// <summary>Domains that may be reached by TLS on port 443; null for no such limit, an empty list for none.</summary>
    public IReadOnlyList<string>? OutboundDomainAllowlist { get; init; }

    /// <summary>IPv4 ranges from which its tunnels and connect tokens may be used; null or empty for everywhere (<c>inbound_cidr_allowlist</c>).</summary>
    public IReadOnlyList<string>? InboundCidrAllowlist { get; init; }

    /// <summary>
    /// Joins it to the network between the workspace's sandboxes of a region, where its name is <c>i6pn.modal.local</c> (<c>i6pn_enabled</c>); pin one region with
    /// <see cref="Regions"/>. Default false.
    /// </summary>
    public bool I6pn { get; init; }

    /// <summary>The proxy that it goes out through (<c>proxy_id</c>); null for none. <see cref="ModalProxies.GetAsync"/> finds it.</summary>
    public ModalProxy? Proxy { get; init; }

    /// <summary>What Modal changes in its HTTP requests (<c>experimental_outbound_policy</c>); null for nothing, which cannot be changed later. Modal may change this.</summary>
    [Experimental("MODALAI001")]
    public ModalOutboundPolicy? OutboundPolicy { get; init; }

    /// <summary>How Modal finds out that it is ready (<c>readiness_probe</c>); null for not at all.</summary>
    public ModalProbe? ReadinessProbe { get; init; }

    /// <summary>A name, unique among the running sandboxes of the app; null for none.</summary>
    public string? Name { get; init; }

    /// <summary>Tags by which it can be listed.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    /// <summary>Lifetime, 1 s to 24 h, rounded up to whole seconds (<c>timeout_secs</c>). Default 5 minutes.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Ends the sandbox after so long without a running command or input; null for never (<c>idle_timeout_secs</c>).</summary>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>Time limit of commands that name none; null for none but the sandbox's lifetime.</summary>
    public TimeSpan? CommandTimeout { get; init; }

    /// <summary>Regions that it may be placed in; empty for any.</summary>
    public IReadOnlyList<string> Regions { get; init; } = [];

    /// <summary>Cloud that it is to be placed in (<c>aws</c>, <c>gcp</c>, <c>oci</c>); null for any.</summary>
    public string? Cloud { get; init; }

    /// <summary>Ports that are reached through an encrypted tunnel.</summary>
    public IReadOnlyList<int> EncryptedPorts { get; init; } = [];

    /// <summary>Ports that are reached through an encrypted tunnel with HTTP/2.</summary>
    public IReadOnlyList<int> H2Ports { get; init; } = [];

    /// <summary>Ports that are reached through a plain tunnel.</summary>
    public IReadOnlyList<int> UnencryptedPorts { get; init; } = [];

    /// <summary>Allows snapshots of files and memory, <see cref="ModalSandbox.SnapshotMemoryAsync"/> (<c>enable_snapshot</c>). Default false.</summary>
    public bool EnableMemorySnapshot { get; init; }

    /// <summary>
    /// Keeps the files when the sandbox ends, for <see cref="ModalSandbox.GetExitSnapshotAsync"/> (experimental option <c>enable_exit_snapshot</c>). Default false.
    /// </summary>
    public bool EnableExitSnapshot { get; init; }

    /// <summary>Has Modal log what the sandbox does. Default false.</summary>
    public bool Verbose { get; init; }

    /// <summary>What it is isolated by (<c>runtime</c>); null for Modal's choice.</summary>
    public ModalSandboxRuntime? Runtime { get; init; }

    /// <summary>
    /// A domain whose subdomains lead to the sandbox's tunnels in place of one of Modal's (<c>custom_domain</c>); Modal has to set it up first. Null for
    /// none.
    /// </summary>
    public string? CustomDomain { get; init; }

    /// <summary>Gives the sandbox a token that says who it is, as <c>MODAL_IDENTITY_TOKEN</c> (<c>include_oidc_identity_token</c>). Default false.</summary>
    public bool IncludeOidcIdentityToken { get; init; }

    /// <summary>
    /// Switches of Modal that may change or vanish, by name (<c>experimental_options_v2</c>). What is on or off is <c>true</c> or <c>false</c>, in lower case.
    /// </summary>
    public IReadOnlyDictionary<string, string> ExperimentalOptions { get; init; } = new Dictionary<string, string>();
}
