using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using ModalAI.Tools.Code;

namespace ModalAI.Tools;

/// <summary>
/// Gives each response tools, instructions and a sandbox, which ends with the response; where that asks for consent, with the one that has the answer.
/// </summary>
/// <param name="innerClient">Calls the functions that its model asks for.</param>
/// <param name="tools">The tools of the registration.</param>
/// <param name="acquire">Borrows the sandbox of a key; without a key, the one that the registration says.</param>
/// <param name="keyOf">Whose sandbox a response uses; null where none has a key.</param>
/// <param name="held">What is held until consent comes. It is this client's alone.</param>
internal sealed class SandboxChatClient(
    IChatClient innerClient,
    ModalSandboxTools tools,
    Func<string?, CancellationToken, Task<ModalSandboxLease>> acquire,
    Func<IEnumerable<ChatMessage>, ChatOptions?, string?>? keyOf,
    HeldResponses held)
    : DelegatingChatClient(innerClient)
{
    private readonly ToldConversations _told = new();

    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var conversation = messages as IReadOnlyCollection<ChatMessage> ?? [.. messages];
        var turn = Open(conversation, options, out var source);
        await using (turn.ConfigureAwait(false))
        {
            using var interpreter = CodeInterpreter.Create(options?.Tools, source, tools.Settings);
            var extended = Extend(options, source, interpreter);
            var response = await base.GetResponseAsync(conversation, extended, cancellationToken).ConfigureAwait(false);
            CodeReport.AddTo(response, interpreter);
            turn.Mark(response);
            turn.Complete();
            return response;
        }
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var conversation = messages as IReadOnlyCollection<ChatMessage> ?? [.. messages];
        var turn = Open(conversation, options, out var source);

        // Left in whatever way: at the end, by an exception, or by a caller who stops reading.
        await using (turn.ConfigureAwait(false))
        {
            using var interpreter = CodeInterpreter.Create(options?.Tools, source, tools.Settings);
            var extended = Extend(options, source, interpreter);
            await foreach (var update in base.GetStreamingResponseAsync(conversation, extended, cancellationToken).ConfigureAwait(false))
            {
                yield return turn.Mark(update);
                if (CodeReport.After(update, interpreter) is { } report)
                {
                    yield return report;
                }
            }

            turn.Complete();
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            held.Dispose();
        }

        base.Dispose(disposing);
    }

    private ResponseTurn Open(IReadOnlyCollection<ChatMessage> messages, ChatOptions? options, out SandboxSource source)
    {
        var key = keyOf?.Invoke(messages, options);
        var turn = held.Begin(messages, key, cancellationToken => acquire(key, cancellationToken));
        var conversation = key ?? options?.ConversationId;
        var notices = _told.Open(conversation, messages);
        notices.LostSandbox = turn.LostSandbox;
        var seen = conversation is null ? turn.Lease.Seen : _told.SeenBy(conversation);
        source = tools.SourceOf(turn.Lease, notices, SandboxLife.PerResponse) with { Seen = seen };
        return turn;
    }

    /// <summary>The caller's options with the tools and instructions; the caller's own stay as they are.</summary>
    private ChatOptions Extend(ChatOptions? options, SandboxSource source, CodeInterpreter? interpreter)
    {
        var added = tools.ForResponse(source);
        AITool[] given = [.. (options?.Tools ?? []).Where(static tool => CodeInterpreter.Find(tool) is null)];
        if (Array.Find(given, tool => added.Any(own => own.Name == tool.Name) || tool.Name == interpreter?.Function.Name) is { } taken)
        {
            throw new InvalidOperationException(
                $"ChatOptions.Tools has a tool named '{taken.Name}', and so has WithModalSandbox, which adds its own. "
                + "Give the one in ChatOptions another name.");
        }

        if (added.Any(own => own.Name == interpreter?.Function.Name))
        {
            throw new InvalidOperationException(
                $"The tools of the registration have one named '{interpreter!.Function.Name}', which a {nameof(HostedCodeInterpreterTool)} in ChatOptions.Tools stands for. "
                + $"Give theirs another name in {nameof(ModalSandboxOptions)}.{nameof(ModalSandboxOptions.Tools)}.");
        }

        var extended = options?.Clone() ?? new ChatOptions();
        extended.Tools = [.. given, .. added];
        if (interpreter is not null)
        {
            extended.Tools.Add(added.MarkRunning(interpreter.Function));
        }

        string?[] instructions = [extended.Instructions, added.Instructions];
        extended.Instructions = string.Join("\n\n", instructions.Where(static text => !string.IsNullOrEmpty(text)));
        return extended;
    }
}
