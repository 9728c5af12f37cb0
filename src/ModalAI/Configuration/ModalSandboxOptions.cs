namespace ModalAI;

/// <summary>
/// What the sandboxes of one registration are: image, resources, storage, network, life time, and where a sandbox comes from. Checked
/// as a whole when the host starts; every problem is reported at once.
/// </summary>
/// <remarks>
/// Configuration keys are relative to the section that the registration names. Durations are written <c>hh:mm:ss</c>, or
/// <c>d.hh:mm:ss</c>; Modal counts whole seconds, so fractions are rounded up when they are used.
/// </remarks>
public sealed partial class ModalSandboxOptions
{
    internal static readonly TimeSpan DefaultCommandTimeout = TimeSpan.FromMinutes(2);

    /// <summary>
    /// The Modal app that owns the sandboxes: 1 to 64 letters, digits, <c>-</c>, <c>_</c> and <c>.</c>. Default: <c>modalai</c>.
    /// </summary>
    /// <remarks>Configuration key <c>AppName</c>. Looked up with <c>AppGetOrCreate</c>.</remarks>
    public string AppName { get; set; } = "modalai";

    /// <summary>Whether an app that does not exist is created. Default: <see langword="true"/>.</summary>
    /// <remarks>Configuration key <c>CreateAppIfMissing</c>.</remarks>
    public bool CreateAppIfMissing { get; set; } = true;

    /// <summary>
    /// The Modal environment of app, secrets and volumes. Default: <see langword="null"/>, the client's
    /// <see cref="ModalClientOptions.Environment"/>.
    /// </summary>
    /// <remarks>Configuration key <c>Environment</c>.</remarks>
    public string? Environment { get; set; }

    /// <summary>
    /// The image: a registry tag such as <c>python:3.13-slim</c>, or the id of a Modal image, <c>im-...</c>. Default:
    /// <c>python:3.13-slim</c>.
    /// </summary>
    /// <remarks>Configuration key <c>Image</c>; Modal's field <c>image_id</c>.</remarks>
    public string Image { get; set; } = "python:3.13-slim";

    /// <summary>
    /// The folder in which commands start: absolute and normalised, and not inside a volume, because a volume with a busy folder cannot
    /// be reloaded. Default: <see langword="null"/>, the image's own.
    /// </summary>
    /// <remarks>Configuration key <c>WorkingDirectory</c>; Modal's field <c>workdir</c>.</remarks>
    public string? WorkingDirectory { get; set; }

    /// <summary>
    /// The GPU: a type, or a type and a count, such as <c>T4</c> or <c>A100:2</c>. Default: <see langword="null"/>, none.
    /// </summary>
    /// <remarks>Configuration key <c>Gpu</c>; Modal's field <c>resources.gpu_config</c>.</remarks>
    public string? Gpu { get; set; }

    /// <summary>
    /// Processor cores that are reserved, at least 0.001. Default: <see langword="null"/>, as Modal decides.
    /// </summary>
    /// <remarks>Configuration key <c>Cpu</c>; Modal's field <c>resources.milli_cpu</c>, so thousandths count.</remarks>
    public double? Cpu { get; set; }

    /// <summary>
    /// Processor cores that can be used at most, not less than <see cref="Cpu"/>, which it needs. Default: <see langword="null"/>, as
    /// Modal decides.
    /// </summary>
    /// <remarks>Configuration key <c>CpuLimit</c>; Modal's field <c>resources.milli_cpu_max</c>.</remarks>
    public double? CpuLimit { get; set; }

    /// <summary>
    /// Memory that is reserved, in MiB, at least 1. It is no ceiling: see <see cref="MemoryLimitMiB"/>. Default:
    /// <see langword="null"/>, as Modal decides.
    /// </summary>
    /// <remarks>Configuration key <c>MemoryMiB</c>; Modal's field <c>resources.memory_mb</c>.</remarks>
    public int? MemoryMiB { get; set; }

    /// <summary>
    /// Memory that can be used at most, in MiB, not less than <see cref="MemoryMiB"/>, which it needs. Default: <see langword="null"/>,
    /// no limit of its own.
    /// </summary>
    /// <remarks>Configuration key <c>MemoryLimitMiB</c>; Modal's field <c>resources.memory_mb_max</c>.</remarks>
    public int? MemoryLimitMiB { get; set; }

    /// <summary>
    /// Volumes by the path at which they are mounted: absolute, normalised, and not <c>/</c>, <c>/root</c> or <c>/tmp</c>. Default:
    /// none.
    /// </summary>
    /// <remarks>
    /// Configuration key <c>Volumes</c>, as <c>"/data": "customer-data"</c> or
    /// <c>"/data": { "Name": "customer-data", "ReadOnly": true }</c>; Modal's field <c>volume_mounts</c>.
    /// </remarks>
    public IDictionary<string, ModalVolumeMount> Volumes { get; } = new Dictionary<string, ModalVolumeMount>(StringComparer.Ordinal);

    /// <summary>
    /// Buckets of a cloud's object storage by the path at which they are mounted, which follows the rules of <see cref="Volumes"/>. Default: none.
    /// </summary>
    /// <remarks>
    /// Configuration key <c>CloudBucketMounts</c>, as <c>"/data": "public-bucket"</c> or
    /// <c>"/data": { "BucketName": "reports", "Secret": "aws-credentials", "ReadOnly": true }</c>; Modal's field <c>cloud_bucket_mounts</c>.
    /// </remarks>
    public IDictionary<string, ModalCloudBucketMount> CloudBucketMounts { get; } = new Dictionary<string, ModalCloudBucketMount>(StringComparer.Ordinal);

    /// <summary>
    /// Names of Modal secrets that become environment variables. A later one wins over an earlier one, and
    /// <see cref="EnvironmentVariables"/> win over all. Default: none.
    /// </summary>
    /// <remarks>Configuration key <c>Secrets</c>, a list; Modal's field <c>secret_sources</c>.</remarks>
    public IList<string> Secrets { get; } = [];

    /// <summary>
    /// Files that each new sandbox starts with, by absolute and normalised path; at most 64 MiB together. Default: none.
    /// </summary>
    /// <remarks>
    /// Configuration key <c>InitialFiles</c>, as <c>"/app/main.py": "print(1)"</c>, <c>"/app/main.py": { "ContentFile": "main.py" }</c>
    /// or <c>"/app/logo.png": { "Base64": "iVBORw0..." }</c>. A path with a colon can be given in code only.
    /// </remarks>
    public IDictionary<string, ModalFileContent> InitialFiles { get; } = new Dictionary<string, ModalFileContent>(StringComparer.Ordinal);

    /// <summary>
    /// Environment variables of all processes: names of letters, digits and <c>_</c>, not starting with a digit. Default: none. For
    /// passwords and keys prefer <see cref="Secrets"/>.
    /// </summary>
    /// <remarks>Configuration key <c>EnvironmentVariables</c>, a map; Modal's field <c>secret_sources</c>.</remarks>
    public IDictionary<string, string> EnvironmentVariables { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>
    /// Whether the sandbox has no network at all; excludes allowlists and ports. Default: <see langword="false"/>.
    /// </summary>
    /// <remarks>Configuration key <c>BlockNetwork</c>; Modal's field <c>network_access</c>.</remarks>
    public bool BlockNetwork { get; set; }

    /// <summary>
    /// IPv4 networks that the sandbox can reach, such as <c>203.0.113.0/24</c>. Default: <see langword="null"/>: when the other
    /// allowlist is not set either, everything is reachable. An empty list lets nothing through.
    /// </summary>
    /// <remarks>Configuration key <c>OutboundCidrAllowlist</c>, a list; Modal's field <c>network_access.allowed_cidrs</c>.</remarks>
    public IList<string>? OutboundCidrAllowlist { get; set; }

    /// <summary>
    /// Host names that the sandbox can reach over TLS on port 443, such as <c>pypi.org</c> or <c>*.pythonhosted.org</c>, in addition to
    /// <see cref="OutboundCidrAllowlist"/>. Default: <see langword="null"/>: when the other allowlist is not set either, everything is
    /// reachable. An empty list lets nothing through.
    /// </summary>
    /// <remarks>Configuration key <c>OutboundDomainAllowlist</c>, a list; Modal's field <c>network_access.allowed_domains</c>.</remarks>
    public IList<string>? OutboundDomainAllowlist { get; set; }

    /// <summary>
    /// The sandbox's name, unique among the running sandboxes of the app: 1 to 64 letters, digits, <c>-</c>, <c>_</c> and <c>.</c>. Only
    /// for <see cref="ModalSandboxMode.ReuseExisting"/>, which looks the sandbox up by it and creates it when none runs. Default:
    /// <see langword="null"/>, none.
    /// </summary>
    /// <remarks>Configuration key <c>Name</c>; Modal's field <c>name</c>.</remarks>
    public string? Name { get; set; }

    /// <summary>
    /// Tags, by which sandboxes can be listed: names and values of 1 to 63 letters, digits, <c>.</c>, <c>_</c> and <c>-</c>. Default:
    /// none.
    /// </summary>
    /// <remarks>Configuration key <c>Tags</c>, a map; Modal's field <c>tags</c>.</remarks>
    public IDictionary<string, string> Tags { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>
    /// How long a sandbox lives at most, from 1 second to 24 hours; then Modal ends it, whatever runs in it. Default: 5 minutes.
    /// </summary>
    /// <remarks>Configuration key <c>Timeout</c>; Modal's field <c>timeout_secs</c>.</remarks>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How long a sandbox may be idle before Modal ends it, from 1 second to <see cref="Timeout"/>. Default: <see langword="null"/>, until
    /// <see cref="Timeout"/>.
    /// </summary>
    /// <remarks>Configuration key <c>IdleTimeout</c>; Modal's field <c>idle_timeout_secs</c>.</remarks>
    public TimeSpan? IdleTimeout { get; set; }

    /// <summary>
    /// How long one command may run when the call does not say, more than 0 and not longer than <see cref="Timeout"/>. Default: 2
    /// minutes, or <see cref="Timeout"/> when that is shorter.
    /// </summary>
    /// <remarks>Configuration key <c>CommandTimeout</c>; Modal's field <c>TaskExecStartRequest.timeout_secs</c>.</remarks>
    public TimeSpan CommandTimeout { get; set; } = DefaultCommandTimeout;

    /// <summary>The regions in which a sandbox may run, such as <c>us-east</c>. Default: none, any.</summary>
    /// <remarks>Configuration key <c>Regions</c>, a list; Modal's field <c>scheduler_placement.regions</c>.</remarks>
    public IList<string> Regions { get; } = [];

    /// <summary>The cloud in which a sandbox runs, such as <c>aws</c>. Default: <see langword="null"/>, any.</summary>
    /// <remarks>Configuration key <c>Cloud</c>; Modal's field <c>cloud_provider_str</c>.</remarks>
    public string? Cloud { get; set; }

    /// <summary>Ports, 1 to 65535, that get a public tunnel with TLS. Default: none.</summary>
    /// <remarks>Configuration key <c>EncryptedPorts</c>, a list; Modal's field <c>open_ports</c>.</remarks>
    public IList<int> EncryptedPorts { get; } = [];

    /// <summary>Ports, 1 to 65535, that get a public tunnel with TLS and HTTP/2. Default: none.</summary>
    /// <remarks>Configuration key <c>H2Ports</c>, a list; Modal's field <c>open_ports</c>.</remarks>
    public IList<int> H2Ports { get; } = [];

    /// <summary>Ports, 1 to 65535, that get a public TCP tunnel without TLS. Default: none.</summary>
    /// <remarks>Configuration key <c>UnencryptedPorts</c>, a list; Modal's field <c>open_ports</c>.</remarks>
    public IList<int> UnencryptedPorts { get; } = [];

    /// <summary>Whether Modal logs what the sandbox does in its dashboard. Default: <see langword="false"/>.</summary>
    /// <remarks>Configuration key <c>Verbose</c>; Modal's field <c>verbose</c>.</remarks>
    public bool Verbose { get; set; }

    /// <summary>
    /// Where the sandbox of an invocation comes from. Default: <see cref="ModalSandboxMode.NewPerInvocation"/>.
    /// </summary>
    /// <remarks>Configuration key <c>Mode</c>.</remarks>
    public ModalSandboxMode Mode { get; set; }

    /// <summary>
    /// The id of the running sandbox to use, <c>sb-...</c>, with <see cref="ModalSandboxMode.ReuseExisting"/>. Nothing is created then, so
    /// no option that only creating a sandbox heeds may be set. Default: <see langword="null"/>, none.
    /// </summary>
    /// <remarks>Configuration key <c>SandboxId</c>.</remarks>
    public string? SandboxId { get; set; }

    /// <summary>The functions that models are given.</summary>
    /// <remarks>Configuration sub section <c>Tools</c>.</remarks>
    public ModalSandboxToolOptions Tools { get; } = new();

    /// <summary>
    /// The command timeout that has an effect: a command cannot outlive its sandbox. How long a sandbox lives that is reused by id is not
    /// known here.
    /// </summary>
    internal TimeSpan EffectiveCommandTimeout => SandboxId is null && Timeout < CommandTimeout ? Timeout : CommandTimeout;

    /// <summary>What binding the configuration found wrong; validation reports it.</summary>
    internal List<string> BindingErrors { get; } = [];
}
