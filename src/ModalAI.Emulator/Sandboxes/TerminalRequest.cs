using ModalAI.Emulator.Isolation;

namespace ModalAI.Emulator.Sandboxes;

/// <summary>A terminal that a client asks for.</summary>
/// <param name="Size">Its size.</param>
/// <param name="Environment">The variables by which programs know what the terminal can do; weaker than all others.</param>
internal sealed record TerminalRequest(TerminalSize Size, IReadOnlyList<KeyValuePair<string, string>> Environment);
