using System.Diagnostics.CodeAnalysis;

namespace ModalAI;

/// <summary>What a sidecar is made of, for <see cref="ModalSidecars.CreateAsync"/>. Its file system, environment and processes are its own; the network is the sandbox's.</summary>
[Experimental("MODALAI002")]
public sealed record ModalSidecarCreateOptions
{
    /// <summary>
    /// A name, unique among the running containers of the sandbox: 1 to 64 letters, digits, <c>-</c>, <c>_</c> and <c>.</c>; not <c>main</c>, which is the sandbox's own
    /// container.
    /// </summary>
    public required string Name { get; init; }

    /// <summary>The image that it starts from; one with an id: build it with <see cref="ModalImages.BuildAsync(ModalImage, ModalApp, CancellationToken)"/> first.</summary>
    public required ModalImage Image { get; init; }

    /// <summary>The command that it runs, and ends with. Default: none; it idles until it is ended.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>Absolute path that commands start in; null for the image's own.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Secrets whose values become environment variables; a later one goes before an earlier one.</summary>
    public IReadOnlyList<ModalSecret> Secrets { get; init; } = [];

    /// <summary>Environment variables; they go before secrets.</summary>
    public IReadOnlyDictionary<string, string> EnvironmentVariables { get; init; } = new Dictionary<string, string>();

    /// <summary>Volumes by the absolute path that they are mounted at; each at one path.</summary>
    public IReadOnlyDictionary<string, ModalVolumeMount> Volumes { get; init; } = new Dictionary<string, ModalVolumeMount>();

    /// <summary>
    /// Buckets of a cloud's object storage by the absolute path that they are mounted at. V2 only, and where <see cref="ModalClientOptions.UseControlPlaneSidecarCreate"/>
    /// is not false.
    /// </summary>
    public IReadOnlyDictionary<string, ModalCloudBucketMount> CloudBucketMounts { get; init; } = new Dictionary<string, ModalCloudBucketMount>();

    /// <summary>IPv4 ranges that may be reached; null for no such limit, an empty list for none.</summary>
    public IReadOnlyList<string>? OutboundCidrAllowlist { get; init; }

    /// <summary>Domains that may be reached by TLS on port 443; null for no such limit, an empty list for none.</summary>
    public IReadOnlyList<string>? OutboundDomainAllowlist { get; init; }

    /// <summary>
    /// The proxy that it goes out through; null for none. <see cref="ModalProxies.GetAsync"/> finds it. V2 only, and where
    /// <see cref="ModalClientOptions.UseControlPlaneSidecarCreate"/> is not false.
    /// </summary>
    public ModalProxy? Proxy { get; init; }

    /// <summary>The terminal that its command runs on; null, the default, for pipes.</summary>
    public ModalPty? Pty { get; init; }

    /// <summary>Memory in MiB of the sandbox's that is set aside for it; null for none.</summary>
    public int? MemoryMiB { get; init; }

    /// <summary>Gives it a token that says who it is, as <c>MODAL_IDENTITY_TOKEN</c>. V2 only. Default false.</summary>
    public bool IncludeOidcIdentityToken { get; init; }
}
