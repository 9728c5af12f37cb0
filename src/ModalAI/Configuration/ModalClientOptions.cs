namespace ModalAI;

/// <summary>
/// How a Modal workspace is reached: endpoint, credentials, retries and time limits. Checked as a whole when the host starts; every
/// problem is reported at once.
/// </summary>
/// <remarks>
/// <para>
/// Each setting comes from the first place that has it: these options (set in code, or bound from configuration), the
/// <c>MODAL_*</c> environment variable, the profile of the configuration file of Modal's command line (<c>~/.modal.toml</c>), the
/// default. Token id and secret are taken from one place together.
/// </para>
/// <para>
/// Configuration keys are relative to the section that the registration names. Durations are written <c>hh:mm:ss</c>.
/// </para>
/// </remarks>
public sealed class ModalClientOptions
{
    /// <summary>
    /// The endpoint of Modal's API: <c>http://</c> or <c>https://</c>, a host and perhaps a port, nothing else. Default:
    /// <c>https://api.modal.com:443</c> when nothing sets it.
    /// </summary>
    /// <remarks>
    /// Configuration key <c>Client:ServerUrl</c>; environment variable <c>MODAL_SERVER_URL</c>; profile key <c>server_url</c>.
    /// </remarks>
    public string? ServerUrl { get; set; }

    /// <summary>
    /// The id of the Modal token, <c>ak-...</c>. There is no default; it belongs together with <see cref="TokenSecret"/>.
    /// </summary>
    /// <remarks>
    /// Configuration key <c>Client:TokenId</c>; environment variable <c>MODAL_TOKEN_ID</c>; profile key <c>token_id</c>.
    /// </remarks>
    public string? TokenId { get; set; }

    /// <summary>
    /// The secret of the Modal token, <c>as-...</c>. There is no default; it belongs together with <see cref="TokenId"/>. It appears in no
    /// log and no message.
    /// </summary>
    /// <remarks>
    /// Configuration key <c>Client:TokenSecret</c>; environment variable <c>MODAL_TOKEN_SECRET</c>; profile key <c>token_secret</c>.
    /// </remarks>
    public string? TokenSecret { get; set; }

    /// <summary>
    /// The OAuth refresh token, for an application that acts as an OAuth client of Modal instead of with a token. It belongs together with
    /// <see cref="OAuthClientId"/> and either <see cref="OAuthClientSecret"/> or <see cref="OAuthJwtKey"/>; there is no default. It appears in no log
    /// and no message.
    /// </summary>
    /// <remarks>
    /// Configuration key <c>Client:OAuthRefreshToken</c>; environment variable <c>MODAL_OAUTH_REFRESH_TOKEN</c>; profile key <c>oauth_refresh_token</c>.
    /// </remarks>
    public string? OAuthRefreshToken { get; set; }

    /// <summary>The id of the OAuth client. There is no default.</summary>
    /// <remarks>Configuration key <c>Client:OAuthClientId</c>; environment variable <c>MODAL_OAUTH_CLIENT_ID</c>; profile key <c>oauth_client_id</c>.</remarks>
    public string? OAuthClientId { get; set; }

    /// <summary>The secret of the OAuth client. There is no default. It appears in no log and no message.</summary>
    /// <remarks>
    /// Configuration key <c>Client:OAuthClientSecret</c>; environment variable <c>MODAL_OAUTH_CLIENT_SECRET</c>; profile key <c>oauth_client_secret</c>.
    /// </remarks>
    public string? OAuthClientSecret { get; set; }

    /// <summary>
    /// The private key with which the OAuth client signs an assertion on each call, in place of <see cref="OAuthClientSecret"/>: RSA of 2048 bits or more, as
    /// unencrypted PEM; <c>\n</c> written as two characters stands for a line break. There is no default. It appears in no log and no message.
    /// </summary>
    /// <remarks>
    /// Configuration key <c>Client:OAuthJwtKey</c>; environment variable <c>MODAL_OAUTH_JWT_KEY</c>; profile key <c>oauth_jwt_key</c>. A variable with a client
    /// secret or a key goes before both of the profile.
    /// </remarks>
    public string? OAuthJwtKey { get; set; }

    /// <summary>
    /// The Modal environment that names are looked up in: 1 to 64 letters, digits, <c>-</c>, <c>_</c> and <c>.</c>, starting with a letter
    /// or digit. Default: empty, the workspace's default environment.
    /// </summary>
    /// <remarks>
    /// Configuration key <c>Client:Environment</c>; environment variable <c>MODAL_ENVIRONMENT</c>; profile key <c>environment</c>.
    /// </remarks>
    public string? Environment { get; set; }

    /// <summary>
    /// The profile of the configuration file to use; one that does not exist is an error. Default: the first with <c>active = true</c>,
    /// else <c>default</c>.
    /// </summary>
    /// <remarks>Configuration key <c>Client:Profile</c>; environment variable <c>MODAL_PROFILE</c>.</remarks>
    public string? Profile { get; set; }

    /// <summary>
    /// The configuration file of Modal's command line, at most 1 MiB; one that is named and does not exist is an error. Default:
    /// <c>.modal.toml</c> in the user's home folder, if it exists.
    /// </summary>
    /// <remarks>Configuration key <c>Client:ConfigurationFile</c>; environment variable <c>MODAL_CONFIG_PATH</c>.</remarks>
    public string? ConfigurationFile { get; set; }

    /// <summary>Whether <c>MODAL_*</c> environment variables are read. Default: <see langword="true"/>.</summary>
    /// <remarks>Configuration key <c>Client:UseEnvironmentVariables</c>.</remarks>
    public bool UseEnvironmentVariables { get; set; } = true;

    /// <summary>
    /// Whether the configuration file is read. Hosts that must not look into the home folder switch it off. Default:
    /// <see langword="true"/>.
    /// </summary>
    /// <remarks>Configuration key <c>Client:UseConfigurationFile</c>.</remarks>
    public bool UseConfigurationFile { get; set; } = true;

    /// <summary>
    /// The version of Modal's image builder, such as <c>2025.06</c>. Default: <see langword="null"/>, what the Modal environment is set to,
    /// which costs a look-up.
    /// </summary>
    /// <remarks>
    /// Configuration key <c>Client:ImageBuilderVersion</c>; environment variable <c>MODAL_IMAGE_BUILDER_VERSION</c>; profile key
    /// <c>image_builder_version</c>.
    /// </remarks>
    public string? ImageBuilderVersion { get; set; }

    /// <summary>
    /// Whether sandboxes are created on Modal's second backend; one with a GPU is created on the first in any case. Default:
    /// <see langword="true"/> when nothing sets it.
    /// </summary>
    /// <remarks>
    /// Configuration key <c>Client:UseV2</c>; environment variable <c>MODAL_SANDBOX_V2</c> (<c>0</c>, <c>1</c>, <c>false</c>,
    /// <c>true</c>); profile key <c>sandbox_v2</c>.
    /// </remarks>
    public bool? UseV2 { get; set; }

    /// <summary>
    /// What the client says it is, 0 to 9. Default: 0, unspecified, which is the truth; the other numbers are Modal's own clients.
    /// </summary>
    /// <remarks>Configuration key <c>Client:ClientType</c>; sent as <c>x-modal-client-type</c>.</remarks>
    public int ClientType { get; set; }

    /// <summary>How often a call that failed for a passing reason is tried again, 0 to 10. Default: 3.</summary>
    /// <remarks>Configuration key <c>Client:MaxRetries</c>.</remarks>
    public int MaxRetries { get; set; } = 3;

    /// <summary>
    /// How long one unary call may take with all its attempts, more than 0 and at most 10 minutes. Calls that wait for something have
    /// limits of their own; what Modal itself has a call wait comes on top (<see cref="MaxThrottleWait"/>). Default: 30 seconds.
    /// </summary>
    /// <remarks>Configuration key <c>Client:RequestTimeout</c>.</remarks>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long opening a connection may take, more than 0 and at most 10 minutes. Default: 10 seconds.</summary>
    /// <remarks>Configuration key <c>Client:ConnectTimeout</c>.</remarks>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long the delays that Modal itself asks for are obeyed in one call in total, 0 to 1 day; 0 is not at all. Default: 60 seconds
    /// when nothing sets it.
    /// </summary>
    /// <remarks>
    /// Configuration key <c>Client:MaxThrottleWait</c>; environment variable <c>MODAL_MAX_THROTTLE_WAIT</c> and profile key
    /// <c>max_throttle_wait</c>, both in seconds.
    /// </remarks>
    public TimeSpan? MaxThrottleWait { get; set; }

    /// <summary>
    /// After how long without use a connection to a sandbox's command router is closed, and a stream that nobody reads is let go; both are opened again on demand,
    /// and nothing is lost. 0 or infinite is never; else at most 24 days. Default: 30 seconds when nothing sets it.
    /// </summary>
    /// <remarks>Configuration key <c>Client:RouterIdleTimeout</c>; environment variable <c>MODAL_SANDBOX_CHANNEL_IDLE_TIMEOUT</c>, in seconds.</remarks>
    public TimeSpan? RouterIdleTimeout { get; set; }

    /// <summary>
    /// How long a sandbox's command router may be out of reach before a wait for the end of a command fails, more than 0 and at most 1 hour. Other calls give up after
    /// ten failures in a row, some ten seconds. Default: 60 seconds.
    /// </summary>
    /// <remarks>Configuration key <c>Client:RouterUnreachableTimeout</c>.</remarks>
    public TimeSpan RouterUnreachableTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long Modal may take to create a sandbox, more than 0 and at most 1 hour. Default: 2 minutes. An image that has to be built first is waited for up to
    /// an hour before that.
    /// </summary>
    /// <remarks>Configuration key <c>Client:CreateTimeout</c>.</remarks>
    public TimeSpan CreateTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// How long a new sandbox on V1, such as one with a GPU, may wait for a machine before it is given up and terminated; more than 0 and at most 1 hour.
    /// Default: 21 minutes.
    /// </summary>
    /// <remarks>Configuration key <c>Client:SchedulingTimeout</c>.</remarks>
    public TimeSpan SchedulingTimeout { get; set; } = TimeSpan.FromMinutes(21);

    /// <summary>
    /// Whether sidecars of V2 sandboxes are created by the control plane, or by the sandbox's command router as those of V1 are. Default:
    /// <see langword="true"/> when nothing sets it.
    /// </summary>
    /// <remarks>
    /// Configuration key <c>Client:UseControlPlaneSidecarCreate</c>; environment variable <c>MODAL_USE_CONTROL_PLANE_SIDECAR_CREATE</c> (<c>0</c>, <c>1</c>,
    /// <c>false</c>, <c>true</c>).
    /// </remarks>
    public bool? UseControlPlaneSidecarCreate { get; set; }

    /// <summary>How long terminating a sandbox may take, more than 0 and at most 10 minutes. Default: 30 seconds.</summary>
    /// <remarks>Configuration key <c>Client:TerminateTimeout</c>.</remarks>
    public TimeSpan TerminateTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>What binding the configuration found wrong; validation reports it.</summary>
    internal List<string> BindingErrors { get; private set; } = [];

    /// <summary>Whether any of the OAuth credentials is set.</summary>
    internal bool UsesOAuth =>
        !string.IsNullOrEmpty(OAuthRefreshToken) || !string.IsNullOrEmpty(OAuthClientId) || !string.IsNullOrEmpty(OAuthClientSecret) || !string.IsNullOrEmpty(OAuthJwtKey);

    /// <summary>Whether environment variables, configuration file and defaults have filled in what was open.</summary>
    internal bool IsResolved { get; set; }

    /// <summary>Why the configuration file gave no credentials, for the message about missing ones.</summary>
    internal string? ConfigurationFileNote { get; set; }

    /// <summary>What was wrong with environment variables and configuration file; validation reports it.</summary>
    internal List<string> ResolutionErrors { get; private set; } = [];

    /// <summary>A copy to resolve.</summary>
    internal ModalClientOptions Clone()
    {
        var copy = (ModalClientOptions)MemberwiseClone();
        copy.BindingErrors = [.. BindingErrors];
        copy.ResolutionErrors = [.. ResolutionErrors];
        return copy;
    }
}
