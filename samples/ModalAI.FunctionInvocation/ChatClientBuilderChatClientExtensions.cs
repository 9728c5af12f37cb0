namespace Microsoft.Extensions.AI;

/// <summary>Starts a <see cref="ChatClientBuilder"/> from a client.</summary>
public static class ChatClientBuilderChatClientExtensions
{
    /// <summary>Gives a builder with <paramref name="innerClient"/> innermost.</summary>
    public static ChatClientBuilder AsBuilder(this IChatClient innerClient) => new(innerClient);
}
