namespace ModalAI;

/// <summary>
/// The functions that models are given: how they are called, which there are, what they take and give at most, and what needs consent. Checked with the other
/// options of the registration when the host starts.
/// </summary>
/// <remarks>Configuration keys are relative to the sub section <c>Tools</c> of the registration's section.</remarks>
public sealed class ModalSandboxToolOptions
{
    /// <summary>Names and arguments of the functions. Default: <see cref="ModalToolDialect.Claude"/>.</summary>
    /// <remarks>Configuration key <c>Dialect</c>.</remarks>
    public ModalToolDialect Dialect { get; set; }

    /// <summary>What stands before each name, such as <c>sandbox_</c>: letters, digits, <c>_</c> and <c>-</c>. Default: <see langword="null"/>, nothing.</summary>
    /// <remarks>Configuration key <c>Prefix</c>.</remarks>
    public string? Prefix { get; set; }

    /// <summary>
    /// The functions to have, by the names that the dialect gives them, without <see cref="Prefix"/>. Descriptions and answers never point to others. Default:
    /// <see langword="null"/>, all of the dialect.
    /// </summary>
    /// <remarks>Configuration key <c>Enabled</c>, a list.</remarks>
    public IList<string>? Enabled { get; set; }

    /// <summary>
    /// Other names for functions, by the names that the dialect gives them: 1 to 64 letters, digits, <c>_</c> and <c>-</c> with <see cref="Prefix"/>. Default: none.
    /// </summary>
    /// <remarks>Configuration key <c>Names</c>, a map.</remarks>
    public IDictionary<string, string> Names { get; private set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Other descriptions for functions, by the names that the dialect gives them. Default: none.</summary>
    /// <remarks>Configuration key <c>Descriptions</c>, a map.</remarks>
    public IDictionary<string, string> Descriptions { get; private set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Which functions need consent before each call. Default: <see cref="ModalToolApproval.None"/>.</summary>
    /// <remarks>Configuration key <c>Approval</c>.</remarks>
    public ModalToolApproval Approval { get; set; }

    /// <summary>
    /// How long <see cref="ModalSandboxChatClientExtensions.WithModalSandbox"/> keeps the sandbox of a response that asks for consent, until the answer comes, from 1 second to
    /// 24 hours. The sandbox's own <see cref="ModalSandboxOptions.Timeout"/> and <see cref="ModalSandboxOptions.IdleTimeout"/> go on meanwhile. Default: 10 minutes.
    /// </summary>
    /// <remarks>Configuration key <c>ApprovalTimeout</c>.</remarks>
    public TimeSpan ApprovalTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Whether images and other media are part of a function's result, as <c>DataContent</c>. Only for chat clients that carry them there, as OpenAI's for Responses
    /// and Anthropic's do; others would send them as text. Default: <see langword="false"/>.
    /// </summary>
    /// <remarks>Configuration key <c>InlineMedia</c>.</remarks>
    public bool InlineMedia { get; set; }

    /// <summary>
    /// Whether the working directory and the exported variables of one command are there for the next one in the same sandbox. Conversations that share a sandbox
    /// share them too. Default: <see langword="false"/>, each command starts anew.
    /// </summary>
    /// <remarks>Configuration key <c>KeepShellState</c>.</remarks>
    public bool KeepShellState { get; set; }

    /// <summary>
    /// Environment variables of commands that the sandbox does not set itself. Default: what keeps programs from asking, paging and colouring, such as <c>TERM=dumb</c>,
    /// <c>PAGER=cat</c> and <c>DEBIAN_FRONTEND=noninteractive</c>; replace and add as you like, and remove in code. At most 16 KiB in all.
    /// </summary>
    /// <remarks>Configuration key <c>EnvironmentVariables</c>, a map.</remarks>
    public IDictionary<string, string> EnvironmentVariables { get; private set; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["TERM"] = "dumb",
        ["NO_COLOR"] = "1",
        ["PAGER"] = "cat",
        ["GIT_PAGER"] = "cat",
        ["MANPAGER"] = "cat",
        ["SYSTEMD_PAGER"] = "cat",
        ["GIT_TERMINAL_PROMPT"] = "0",
        ["GIT_EDITOR"] = "true",
        ["DEBIAN_FRONTEND"] = "noninteractive",
        ["PYTHONUNBUFFERED"] = "1",
        ["PIP_NO_INPUT"] = "1",
        ["PIP_DISABLE_PIP_VERSION_CHECK"] = "1",
    };

    /// <summary>
    /// The longest time limit that a model can give a command that is waited for; no command outlives its sandbox. <see cref="ModalSandboxOptions.CommandTimeout"/> is the one
    /// for which it gives none. The sessions of <see cref="ModalToolDialect.OpenAI"/> run on until they end. Default: 10 minutes, or <see cref="ModalSandboxOptions.CommandTimeout"/> where that is longer.
    /// </summary>
    /// <remarks>Configuration key <c>MaxCommandTimeout</c>.</remarks>
    public TimeSpan MaxCommandTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// After which time a command for which a model gives no time limit goes on as a job, so that the model can do something else, up to 24 hours. Zero or less: never. Only
    /// where a sandbox outlives the call and the set has a function that follows jobs, and not with <see cref="SeparateStreams"/>; in <see cref="ModalToolDialect.OpenAI"/>
    /// each call says it itself. Default: 30 seconds.
    /// </summary>
    /// <remarks>Configuration key <c>YieldAfter</c>.</remarks>
    public TimeSpan YieldAfter { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How many jobs may run in a sandbox at once, 1 to 1000. Default: 16.</summary>
    /// <remarks>Configuration key <c>MaxJobs</c>.</remarks>
    public int MaxJobs { get; set; } = 16;

    /// <summary>
    /// Characters that one answer shows of an output or of results, 1,000 to 1,000,000. Of an output the start and the end are shown, and the whole is kept in a file
    /// in the sandbox. Default: 30,000.
    /// </summary>
    /// <remarks>Configuration key <c>MaxOutputChars</c>.</remarks>
    public int MaxOutputChars { get; set; } = 30_000;

    /// <summary>Characters that one answer shows of a line, 100 to 100,000. Default: 2,000.</summary>
    /// <remarks>Configuration key <c>MaxLineChars</c>.</remarks>
    public int MaxLineChars { get; set; } = 2_000;

    /// <summary>
    /// Whether answers show standard error of commands apart from standard output, each with half of <see cref="MaxOutputChars"/>, and with a file of its own
    /// where it is not shown whole. How the two were mixed is lost then, and commands do not go on as jobs after <see cref="YieldAfter"/>. Commands that a model
    /// itself starts as jobs or on a terminal, or with OpenAI's <c>exec_command</c> where they can go on as sessions, have both in one all the same. Default:
    /// <see langword="false"/>, both in one, in order.
    /// </summary>
    /// <remarks>Configuration key <c>SeparateStreams</c>.</remarks>
    public bool SeparateStreams { get; set; }

    /// <summary>Bytes of numbered lines that one read of a file answers with, 1,000 to 1,000,000. Default: 51,200.</summary>
    /// <remarks>Configuration key <c>MaxReadBytes</c>.</remarks>
    public int MaxReadBytes { get; set; } = 50 * 1024;

    /// <summary>Bytes of a file that is written, 1,000 to 67,108,864. Default: 16 MiB.</summary>
    /// <remarks>Configuration key <c>MaxWriteBytes</c>.</remarks>
    public int MaxWriteBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>
    /// Bytes of an image or another medium that a model is given, 1,000 to 67,108,864. On its way to a model it grows by a third; providers take 5 MB. Default: 3,750,000.
    /// </summary>
    /// <remarks>Configuration key <c>MaxMediaBytes</c>.</remarks>
    public int MaxMediaBytes { get; set; } = 3_750_000;

    /// <summary>Bytes of a file that is published to an <see cref="IModalArtifactSink"/>, 1 or more. Default: 100 MiB.</summary>
    /// <remarks>Configuration key <c>MaxPublishBytes</c>.</remarks>
    public long MaxPublishBytes { get; set; } = 100 * 1024 * 1024;

    /// <summary>How long the sink may take over a published file, up to one hour. Default: 10 minutes.</summary>
    /// <remarks>Configuration key <c>PublishTimeout</c>.</remarks>
    public TimeSpan PublishTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How long an operation on files may take in the sandbox, from 1 second to one hour. Default: 1 minute.</summary>
    /// <remarks>Configuration key <c>FileTimeout</c>.</remarks>
    public TimeSpan FileTimeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// What models are told of the sandbox, in the place of the text that is made from the options; empty for nothing. Default: <see langword="null"/>, that text.
    /// </summary>
    /// <remarks>Configuration key <c>Instructions</c>.</remarks>
    public string? Instructions { get; set; }

    /// <summary>
    /// Makes what models are told of the sandbox out of what they would be told: adds to it, or replaces it. Called for each response; what it throws is the response's
    /// failure. Default: <see langword="null"/>, nothing is changed.
    /// </summary>
    public Func<string, string>? ConfigureInstructions { get; set; }

    /// <summary>A copy, which later changes of these do not reach.</summary>
    internal ModalSandboxToolOptions Clone()
    {
        var copy = (ModalSandboxToolOptions)MemberwiseClone();
        copy.Enabled = Enabled is null ? null : [.. Enabled];
        copy.Names = new Dictionary<string, string>(Names, StringComparer.Ordinal);
        copy.Descriptions = new Dictionary<string, string>(Descriptions, StringComparer.Ordinal);
        copy.EnvironmentVariables = new Dictionary<string, string>(EnvironmentVariables, StringComparer.Ordinal);
        return copy;
    }
}
