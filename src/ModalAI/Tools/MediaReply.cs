using Microsoft.Extensions.AI;

namespace ModalAI.Tools;

/// <summary>An image or another medium out of the sandbox.</summary>
/// <param name="Text">What a model is told.</param>
/// <param name="MediaType">Its media type, by its bytes.</param>
/// <param name="Bytes">The bytes.</param>
/// <param name="Name">The name of the file.</param>
internal sealed record MediaReply(string Text, string MediaType, ReadOnlyMemory<byte> Bytes, string Name) : ToolReply(Text)
{
    /// <summary>
    /// The contents to answer with: the medium itself, and a text that says what it is. Only for chat clients that carry media in the results of functions: others
    /// would send it as text.
    /// </summary>
    public IReadOnlyList<AIContent> ToContents() => [new TextContent(Text), new DataContent(Bytes, MediaType) { Name = Name }];
}
