using Microsoft.Extensions.AI;

namespace ModalAI.Tools.Code;

/// <summary>
/// Puts what code left into the answer of a chat client, where an application looks for it that uses a service with a code interpreter of its own.
/// </summary>
internal static class CodeReport
{
    /// <summary>Adds the runs to the message that follows each, which is the model's.</summary>
    public static void AddTo(ChatResponse response, CodeInterpreter? interpreter)
    {
        if (interpreter is null)
        {
            return;
        }

        List<AIContent> waiting = [];
        for (var i = 0; i < response.Messages.Count; i++)
        {
            var message = response.Messages[i];
            if (waiting.Count > 0 && message.Role == ChatRole.Assistant)
            {
                // Whose message it is may want it as it was.
                var extended = message.Clone();
                extended.Contents = [.. waiting, .. message.Contents];
                response.Messages[i] = extended;
                waiting.Clear();
            }

            waiting.AddRange(Find(message.Contents, interpreter));
        }

        if (waiting.Count > 0)
        {
            response.Messages.Add(new ChatMessage(ChatRole.Assistant, waiting));
        }
    }

    /// <summary>What to send after an update; null for nothing.</summary>
    public static ChatResponseUpdate? After(ChatResponseUpdate update, CodeInterpreter? interpreter) =>
        interpreter is not null && Find(update.Contents, interpreter) is { Count: > 0 } contents
            ? new ChatResponseUpdate(ChatRole.Assistant, contents) { ResponseId = update.ResponseId, ConversationId = update.ConversationId }
            : null;

    private static List<AIContent> Find(IList<AIContent> contents, CodeInterpreter interpreter) =>
        [.. contents.OfType<FunctionResultContent>().SelectMany(result => interpreter.FindRun(result)?.ToContents(result.CallId) ?? [])];
}
