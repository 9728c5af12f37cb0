namespace ModalAI;

/// <summary>A line that the build of an image has printed.</summary>
/// <param name="Text">The line, without its end. A very long one comes in pieces.</param>
/// <param name="Source">Where it was printed.</param>
/// <param name="ImageId">The image of the layer that is built (<c>im-…</c>).</param>
/// <param name="Time">When, by Modal's clock.</param>
public sealed record ModalImageBuildLogLine(string Text, ModalLogSource Source, string ImageId, DateTimeOffset Time);
