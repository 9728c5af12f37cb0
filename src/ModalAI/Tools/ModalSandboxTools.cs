using System.Collections;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;
using ModalAI.Leasing;
using ModalAI.Tools;
using ModalAI.Tools.Dialects;

namespace ModalAI;

/// <summary>
/// Functions by which a model works in a sandbox, as <see cref="ModalSandboxOptions.Tools"/> name them: by default <c>bash</c>, <c>read</c>, <c>write</c>, <c>edit</c>,
/// <c>multi_edit</c>, <c>glob</c> and <c>grep</c>, and where a sandbox outlives the call, <c>bash_output</c>, <c>bash_input</c> and <c>kill_bash</c> for commands that go on in
/// the background. Give them to a chat client as <c>ChatOptions.Tools</c>. Thread-safe, and usable for any number of conversations.
/// </summary>
/// <remarks>
/// <para>
/// Those from the services borrow a sandbox for each call, as <see cref="ModalSandboxOptions.Mode"/> says: with
/// <see cref="ModalSandboxMode.NewPerInvocation"/> each call has a new one, so that no file outlives a call. For a conversation in one sandbox use
/// <see cref="ForLease"/>, <see cref="ForKey"/> or <see cref="ForSandbox"/>, for a response in one <see cref="ModalSandboxChatClientExtensions.WithModalSandbox"/>.
/// </para>
/// <para>
/// What a model can mend (wrong arguments, missing files, failed commands, time limits, a sandbox that has ended) is answered with text that says so. Thrown
/// are cancellation, and a <see cref="ModalException"/> for what is the operator's to mend, such as rejected credentials or a server that can't be reached.
/// </para>
/// </remarks>
public sealed class ModalSandboxTools : IReadOnlyList<AITool>
{
    private readonly ToolSetup _setup;
    private readonly SandboxSource _source;
    private readonly IModalSandboxFactory? _factory;
    private readonly ToolKit _kit;
    private readonly AITool[] _tools;

    /// <summary>The functions for one sandbox, without dependency injection. They never end it; when it has ended, they say so.</summary>
    /// <param name="sandbox">The sandbox.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="sink">Takes the files that are published; null for none, and no function for that.</param>
    /// <param name="commandTimeout">Time limit of a command for which a model gives none; null for 2 minutes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time limit is not more than 0.</exception>
    /// <exception cref="OptionsValidationException">The options are invalid.</exception>
    public ModalSandboxTools(
        ModalSandbox sandbox, ModalSandboxToolOptions? options = null, IModalArtifactSink? sink = null, TimeSpan? commandTimeout = null)
        : this(SetupOf(options, sink, commandTimeout), SourceOf(sandbox), factory: null)
    {
    }

    /// <param name="setup">What the sets of the registration have in common.</param>
    /// <param name="factory">Lends the sandbox of each call.</param>
    /// <param name="mode">How the factory comes by sandboxes, which models are told.</param>
    internal ModalSandboxTools(ToolSetup setup, IModalSandboxFactory factory, ModalSandboxMode mode)
        : this(setup, new SandboxSource(factory.AcquireAsync, LifeOf(setup, mode)) { Programs = setup.Programs }, factory)
    {
    }

    private ModalSandboxTools(ToolSetup setup, SandboxSource source, IModalSandboxFactory? factory)
    {
        _setup = setup;
        _source = source;
        _factory = factory;
        var dialect = ToolDialect.Of(setup.Options.Dialect);
        _kit = new ToolKit(setup, source, dialect);
        _tools = [.. _kit.Create(dialect)];
    }

    /// <summary>How many functions there are.</summary>
    public int Count => _tools.Length;

    /// <summary>The function at a position; the order is always the same.</summary>
    /// <param name="index">The position.</param>
    public AITool this[int index] => _tools[index];

    /// <summary>
    /// What a model is to be told of the sandbox and of these functions: what the options say, and no value of a secret or a variable. It names the programs that there are
    /// once a conversation has worked in a sandbox of the registration, or <see cref="GetInstructionsAsync"/> has looked. <see cref="ModalSandboxToolOptions.Instructions"/>
    /// and <see cref="ModalSandboxToolOptions.ConfigureInstructions"/> put others in its place.
    /// </summary>
    public string Instructions
    {
        get
        {
            var text = _setup.Options.Instructions ?? SandboxInstructions.Describe(_kit.Describe([.. _tools.Select(static tool => tool.Name)]));
            return _setup.Options.ConfigureInstructions is { } configure ? configure(text) : text;
        }
    }

    /// <summary>The same, with the programs that there are: looks at them in a sandbox where nobody has yet, which is borrowed for it and given back.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ModalException">There is no sandbox to be had.</exception>
    public async Task<string> GetInstructionsAsync(CancellationToken cancellationToken = default)
    {
        if (_setup.Programs.Found is null)
        {
            var lease = await _source.AcquireAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                await _setup.Programs.LookAsync(lease.Sandbox, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                await _source.ReleaseAsync(lease, false).ConfigureAwait(false);
            }
        }

        return Instructions;
    }

    /// <summary>The same functions for one sandbox. They never end it; when it has ended, they say so.</summary>
    /// <param name="sandbox">The sandbox.</param>
    public ModalSandboxTools ForSandbox(ModalSandbox sandbox) => new(_setup.ForOther(), SourceOf(sandbox), factory: null);

    /// <summary>The same functions for the sandbox of a lease. They don't end the lease; one of the registration's has a sandbox that has ended replaced.</summary>
    /// <param name="lease">The lease.</param>
    public ModalSandboxTools ForLease(ModalSandboxLease lease)
    {
        ArgumentNullException.ThrowIfNull(lease);

        // Never disposed of: the lease is the caller's.
        var borrowed = new ResponseLease(_ => Task.FromResult(lease));
        return lease.IsMadeBy(_factory)
            ? new(_setup, new SandboxSource(borrowed.AcquireAsync, borrowed.ReleaseAsync, SandboxLife.Shared) { Programs = _setup.Programs }, factory: null)
            : new(_setup.ForOther(), new SandboxSource(borrowed.AcquireAsync, borrowed.ReleaseAsync, SandboxLife.Bound), factory: null);
    }

    /// <summary>The same functions for the sandbox of a key, such as a conversation's or a tenant's, which each call borrows.</summary>
    /// <param name="key">The key of <see cref="IModalSandboxFactory.AcquireAsync(string, CancellationToken)"/>.</param>
    /// <exception cref="InvalidOperationException">
    /// These are functions for one sandbox, or the registration's are not reused by name: keys need <see cref="ModalSandboxMode.ReuseExisting"/> and a
    /// <see cref="ModalSandboxOptions.Name"/>.
    /// </exception>
    public ModalSandboxTools ForKey(string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        var factory = GetFactory();
        if (_setup.Sandboxes is not null and not { Mode: ModalSandboxMode.ReuseExisting, Name: not null })
        {
            throw new InvalidOperationException("A key needs sandboxes that are reused by name: set Mode of ModalSandboxOptions to ReuseExisting, and a Name.");
        }

        return new(
            _setup,
            new SandboxSource(cancellationToken => factory.AcquireAsync(key, cancellationToken), SandboxLife.Shared) { Programs = _setup.Programs },
            factory);
    }

    /// <summary>
    /// The same functions for a session, whose calls share a sandbox: where each call would have its own, the one that the first call borrows. The caller disposes of the
    /// session, which gives the sandbox back.
    /// </summary>
    /// <exception cref="InvalidOperationException">These are functions for one sandbox.</exception>
    public ModalSandboxToolSession OpenSession()
    {
        GetFactory();
        return new ModalSandboxToolSession(this);
    }

    /// <summary>Some of the functions, which know of no others.</summary>
    /// <param name="functions">The names that their dialect gives them.</param>
    internal ModalSandboxTools Only(IReadOnlyCollection<string> functions)
    {
        var options = _setup.Options.Clone();
        options.Enabled = [.. functions];
        return new(_setup with { Options = options }, _source, _factory);
    }

    /// <summary>How commands run.</summary>
    internal CommandSettings Settings => _kit.Settings;

    /// <summary>Borrows a sandbox for a session.</summary>
    internal Func<CancellationToken, Task<ModalSandboxLease>> AcquireAsync => _source.AcquireAsync;

    /// <summary>The same functions for one response, whose calls share a sandbox.</summary>
    internal ModalSandboxTools ForResponse(SandboxSource source) => new(_setup, source, _factory);

    /// <summary>The sandbox of one response or session, for its calls.</summary>
    /// <param name="lease">Borrows it.</param>
    /// <param name="notices">Tells of other ones.</param>
    /// <param name="life">How long it lives where each call would have its own.</param>
    internal SandboxSource SourceOf(ResponseLease lease, ReplacementNotices notices, SandboxLife life) =>
        new(lease.AcquireAsync, lease.ReleaseAsync, _source.Life == SandboxLife.PerCall ? life : _source.Life)
        {
            Notices = notices,
            Programs = _setup.Programs,
        };

    /// <summary>A function that runs what a model gives it, marked where these tools need consent for that.</summary>
    internal AIFunction MarkRunning(AIFunction function) => ToolConsent.Mark(function, ModalToolEffect.Runs, _setup);

    /// <summary>The functions, one after the other.</summary>
    public IEnumerator<AITool> GetEnumerator() => ((IEnumerable<AITool>)_tools).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private IModalSandboxFactory GetFactory() =>
        _factory ?? throw new InvalidOperationException("These functions are for one sandbox; take those of the services for keys and sessions.");

    /// <summary>One that is found by its id is nobody's to replace.</summary>
    private static SandboxLife LifeOf(ToolSetup setup, ModalSandboxMode mode) =>
        mode == ModalSandboxMode.NewPerInvocation ? SandboxLife.PerCall
        : setup.Sandboxes is { SandboxId: not null } ? SandboxLife.Bound
        : SandboxLife.Shared;

    private static ToolSetup SetupOf(ModalSandboxToolOptions? options, IModalArtifactSink? sink, TimeSpan? commandTimeout)
    {
        var timeout = commandTimeout ?? ModalSandboxOptions.DefaultCommandTimeout;
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero, nameof(commandTimeout));
        return new ToolSetup { Options = ToolOptionRules.Validate(options ?? new()).Clone(), Sink = sink, CommandTimeout = timeout };
    }

    private static SandboxSource SourceOf(ModalSandbox sandbox)
    {
        ArgumentNullException.ThrowIfNull(sandbox);
        return new SandboxSource(_ => Task.FromResult(new ModalSandboxLease(new BorrowedSlot(sandbox), factory: null)), SandboxLife.Bound);
    }
}
