namespace ModalAI;

/// <content>What is done with sandboxes between their creation and their end.</content>
public sealed partial class ModalSandboxOptions
{
    /// <summary>
    /// Who the sandboxes belong to: one name for all processes of an application, which may end what another of them left behind. 1 to 63 letters, digits,
    /// <c>.</c>, <c>_</c> and <c>-</c>. Default: <see langword="null"/>, the host's application name with the registration's.
    /// </summary>
    /// <remarks>Configuration key <c>Owner</c>; the tag <c>modalai-owner</c>.</remarks>
    public string? Owner { get; set; }

    /// <summary>
    /// How long a sandbox that was lent out may outlive the last sign of life of the process that holds it; then a sweep of any process of the same
    /// <see cref="Owner"/> ends it. From 1 second to 24 hours. Default: 5 minutes.
    /// </summary>
    /// <remarks>Configuration key <c>LeaseDuration</c>; the tag <c>modalai-expires</c>, renewed while the lease is held (RPC SandboxTagsSetV2).</remarks>
    public TimeSpan LeaseDuration { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How often sandboxes of this <see cref="Owner"/> are looked for that a process has left behind; also once when the host starts. At least 1 second, or zero for never.
    /// Default: 5 minutes.
    /// </summary>
    /// <remarks>Configuration key <c>SweepInterval</c>; RPC SandboxListV2.</remarks>
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How many sandboxes of this registration may live at once in this process, at least 1; who asks for more waits. Default: 100.</summary>
    /// <remarks>Configuration key <c>MaxSandboxes</c>.</remarks>
    public int MaxSandboxes { get; set; } = 100;

    /// <summary>
    /// How long a call may wait for its turn, where <see cref="MaxSandboxes"/> live or creations are too many; more than 0, at most 24 hours. Default: 1 minute. How long
    /// the creation itself may take is <see cref="ModalClientOptions.CreateTimeout"/>.
    /// </summary>
    /// <remarks>Configuration key <c>AcquireTimeout</c>.</remarks>
    public TimeSpan AcquireTimeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How many sandboxes are created in a second at most, 1 to 1000. When Modal says that it is too many, all creations pause for as long as it asks. Default: 20.
    /// </summary>
    /// <remarks>Configuration key <c>CreatesPerSecond</c>.</remarks>
    public int CreatesPerSecond { get; set; } = 20;

    /// <summary>
    /// How many sandboxes are kept ready for new leases, 0 to <see cref="MaxSandboxes"/>; each costs as one that is used. Only for
    /// <see cref="ModalSandboxMode.NewPerInvocation"/>. Default: 0, none.
    /// </summary>
    /// <remarks>Configuration key <c>PoolSize</c>.</remarks>
    public int PoolSize { get; set; }

    /// <summary>
    /// How old a sandbox may be that is handed out from the pool; older ones are replaced. More than 0 and less than <see cref="Timeout"/> and <see cref="IdleTimeout"/>.
    /// Default: <see langword="null"/>, half of the shorter of the two.
    /// </summary>
    /// <remarks>Configuration key <c>PoolMaxAge</c>.</remarks>
    public TimeSpan? PoolMaxAge { get; set; }

    /// <summary>
    /// Whether the app, image, secrets and volumes are looked up when the host starts, and the image is built, so that the first lease need not wait for it. A failure is logged; the
    /// first lease meets it again. Default: <see langword="false"/>.
    /// </summary>
    /// <remarks>Configuration key <c>Prewarm</c>.</remarks>
    public bool Prewarm { get; set; }

    /// <summary>
    /// Commands for <c>/bin/sh -c</c>, run one after the other in each new sandbox once <see cref="InitialFiles"/> are there. One that ends with another exit code than 0 ends the
    /// sandbox. Default: none.
    /// </summary>
    /// <remarks>Configuration key <c>SetupCommands</c>, a list.</remarks>
    public IList<string> SetupCommands { get; } = [];

    /// <summary>
    /// How long initial files, setup commands and <see cref="OnStart"/> may take together, from 1 second to 24 hours. Default: 2 minutes.
    /// </summary>
    /// <remarks>Configuration key <c>SetupTimeout</c>.</remarks>
    public TimeSpan SetupTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>How long <see cref="OnStop"/> and <see cref="OnDestroy"/> may take each, from 1 second to 24 hours. Default: 30 seconds.</summary>
    /// <remarks>Configuration key <c>HookTimeout</c>.</remarks>
    public TimeSpan HookTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Called for each sandbox that was created, before anybody gets it, and for each that continues from a snapshot. When it fails, the sandbox is ended and the caller gets the
    /// failure. Default: <see langword="null"/>.
    /// </summary>
    public Func<ModalSandbox, CancellationToken, Task>? OnStart { get; set; }

    /// <summary>Called before a sandbox is stopped, to be continued later. A failure is logged, and the sandbox is stopped all the same. Default: <see langword="null"/>.</summary>
    public Func<ModalSandbox, CancellationToken, Task>? OnStop { get; set; }

    /// <summary>Called before a sandbox is ended for good. A failure is logged, and the sandbox is ended all the same. Default: <see langword="null"/>.</summary>
    public Func<ModalSandbox, CancellationToken, Task>? OnDestroy { get; set; }

    /// <summary>
    /// What to do with a sandbox that was found by name and had been created with other options than these. Default: <see cref="ModalConfigurationDrift.Refuse"/>.
    /// </summary>
    /// <remarks>Configuration key <c>WhenConfigurationDiffers</c>; the tag <c>modalai-config</c>.</remarks>
    public ModalConfigurationDrift WhenConfigurationDiffers { get; set; }

    /// <summary>
    /// How often the sandbox of one lease, or of one name or key, may be replaced within an hour because it had ended, 0 to 1000; after that acquiring fails, so that a sandbox which ends at once is not paid
    /// for again and again. Default: 10.
    /// </summary>
    /// <remarks>Configuration key <c>MaxReplacementsPerHour</c>.</remarks>
    public int MaxReplacementsPerHour { get; set; } = 10;

    /// <summary>
    /// How long Modal keeps what <see cref="ModalSandboxLease.StopAsync"/> saved: whole seconds, from one to ten years. Default: 30 days.
    /// </summary>
    /// <remarks>Configuration key <c>SnapshotLifetime</c>; Modal's field <c>TaskSnapshotFilesystemRequest.ttl_seconds</c>.</remarks>
    public TimeSpan SnapshotLifetime { get; set; } = TimeSpan.FromDays(30);
}
