using System.Collections;
using Microsoft.Extensions.AI;
using ModalAI.Leasing;
using ModalAI.Tools;

namespace ModalAI;

/// <summary>
/// Functions by which a model works in a sandbox: <c>bash</c>, <c>read</c>, <c>write</c>, <c>edit</c>, <c>glob</c> and <c>grep</c>, and where a sandbox outlives the call,
/// <c>bash_output</c> and <c>kill_bash</c> for commands that go on in the background. Give them to a chat client as
/// <c>ChatOptions.Tools</c>. Thread-safe, and usable for any number of conversations.
/// </summary>
/// <remarks>
/// <para>
/// Those from the services borrow a sandbox for each call, as <see cref="ModalSandboxOptions.Mode"/> says: with
/// <see cref="ModalSandboxMode.NewPerInvocation"/> each call has a new one, so that no file outlives a call. For a conversation in one sandbox use
/// <see cref="ForSandbox"/>, for a response in one <see cref="ModalSandboxChatClientExtensions.WithModalSandbox"/>.
/// </para>
/// <para>
/// What a model can mend (wrong arguments, missing files, failed commands, time limits, a sandbox that has ended) is answered with text that says so. Thrown
/// are cancellation, and a <see cref="ModalException"/> for what is the operator's to mend, such as rejected credentials or a server that can't be reached.
/// </para>
/// </remarks>
public sealed class ModalSandboxTools : IReadOnlyList<AITool>
{
    private readonly SandboxLife _life;
    private readonly TimeSpan _commandTimeout;
    private readonly SandboxFacts _facts;
    private readonly JobCursors _cursors;
    private readonly AITool[] _tools;

    /// <param name="factory">Lends the sandbox of each call.</param>
    /// <param name="commandTimeout">Time limit of commands for which the model gives none.</param>
    /// <param name="mode">How the factory comes by sandboxes, which models are told.</param>
    /// <param name="facts">What is known of the sandboxes; null for nothing.</param>
    internal ModalSandboxTools(IModalSandboxFactory factory, TimeSpan commandTimeout, ModalSandboxMode mode, SandboxFacts? facts = null)
        : this(
            new SandboxSource(factory.AcquireAsync, mode == ModalSandboxMode.ReuseExisting ? SandboxLife.Shared : SandboxLife.PerCall),
            commandTimeout,
            facts ?? SandboxFacts.Unknown,
            new JobCursors())
    {
    }

    private ModalSandboxTools(SandboxSource source, TimeSpan commandTimeout, SandboxFacts facts, JobCursors cursors)
    {
        _life = source.Life;
        _commandTimeout = commandTimeout;
        _facts = facts;
        _cursors = cursors;
        _tools = [.. new SandboxFunctions(source, commandTimeout, facts, cursors).Create()];
    }

    /// <summary>How many functions there are.</summary>
    public int Count => _tools.Length;

    /// <summary>The function at a position; the order is always the same.</summary>
    /// <param name="index">The position.</param>
    public AITool this[int index] => _tools[index];

    /// <summary>The same functions for one sandbox. They never end it; when it has ended, they say so.</summary>
    /// <param name="sandbox">The sandbox.</param>
    public ModalSandboxTools ForSandbox(ModalSandbox sandbox)
    {
        ArgumentNullException.ThrowIfNull(sandbox);
        var source = new SandboxSource(_ => Task.FromResult(new ModalSandboxLease(new BorrowedSlot(sandbox), factory: null)), SandboxLife.Bound);
        return new ModalSandboxTools(source, _commandTimeout, SandboxFacts.Unknown, _cursors);
    }

    /// <summary>The same functions for one response, whose calls share a sandbox.</summary>
    internal ModalSandboxTools ForResponse(SandboxSource source) => new(source, _commandTimeout, _facts, _cursors);

    /// <summary>The sandbox of one response, for its calls.</summary>
    internal SandboxSource SourceOf(ResponseLease lease, ReplacementNotices notices) =>
        new(lease.AcquireAsync, lease.ReleaseAsync, _life == SandboxLife.PerCall ? SandboxLife.PerResponse : _life) { Notices = notices };

    /// <summary>The functions, one after the other.</summary>
    public IEnumerator<AITool> GetEnumerator() => ((IEnumerable<AITool>)_tools).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
