using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace ModalAI.Tests.FunctionInvocation;

/// <summary>A model whose answers are given in advance, and that keeps what it was sent.</summary>
internal sealed class ScriptedChatClient(params ChatResponse[] answers) : IChatClient
{
    private int _next;

    public List<List<ChatMessage>> Sent { get; } = [];

    public List<ChatOptions?> Options { get; } = [];

    public static FunctionCallContent Call(string id, string name, params (string Name, object? Value)[] arguments) =>
        new(id, name, arguments.ToDictionary(static argument => argument.Name, static argument => argument.Value));

    public static ChatResponse Calls(params FunctionCallContent[] calls) => Answer([.. calls]);

    public static ChatResponse Says(string text) => Answer(new TextContent(text));

    public static ChatResponse Answer(params AIContent[] contents) =>
        new(new ChatMessage(ChatRole.Assistant, [.. contents]) { MessageId = Guid.NewGuid().ToString() });

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Sent.Add([.. messages]);
        Options.Add(options);
        return Task.FromResult(answers[Math.Min(_next++, answers.Length - 1)]);
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var update in (await GetResponseAsync(messages, options, cancellationToken)).ToChatResponseUpdates())
        {
            foreach (var content in update.Contents)
            {
                yield return new ChatResponseUpdate(update.Role, [content]) { MessageId = update.MessageId, ConversationId = update.ConversationId };
            }
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceType == typeof(ScriptedChatClient) ? this : null;

    public void Dispose()
    {
    }
}
