using Microsoft.Extensions.AI;

namespace ModalAI.Tools;

/// <summary>
/// Remembers which conversations were told of which sandbox and have seen which files, since each of their responses has tools of its own: by the conversation's key or id, or else by what its
/// messages hold. Thread-safe; what is forgotten is told once more.
/// </summary>
internal sealed class ToldConversations
{
    private const int MaxConversations = 1024;

    private readonly LatestEntries<string, string> _told = new(MaxConversations);
    private readonly LatestEntries<string, SeenFiles> _seen = new(MaxConversations);

    /// <param name="conversation">The key or id; null where there is none.</param>
    /// <param name="messages">What the model knows.</param>
    public ReplacementNotices Open(string? conversation, IReadOnlyCollection<ChatMessage> messages) => conversation is null
        ? new ReplacementNotices(sandboxId => IsIn(messages, sandboxId))
        : new ReplacementNotices(sandboxId => _told.Find(conversation) == sandboxId || IsIn(messages, sandboxId), sandboxId => _told.Set(conversation, sandboxId));

    /// <summary>The files that a conversation has seen in its earlier responses.</summary>
    /// <param name="conversation">The key or id.</param>
    public SeenFiles SeenBy(string conversation)
    {
        var seen = _seen.Find(conversation) ?? new SeenFiles();
        _seen.Set(conversation, seen);
        return seen;
    }

    private static bool IsIn(IReadOnlyCollection<ChatMessage> messages, string sandboxId) =>
        messages.SelectMany(static message => message.Contents).OfType<FunctionResultContent>()
            .Select(static result => result.Result is IEnumerable<AIContent> contents ? contents.OfType<TextContent>().FirstOrDefault()?.Text : result.Result?.ToString())
            .Any(text => text?.StartsWith("Note: ", StringComparison.Ordinal) == true && text.Contains($"({sandboxId})", StringComparison.Ordinal));
}
