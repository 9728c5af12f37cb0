namespace ModalAI.Emulator.Images;

/// <summary>Lines that follow a command, up to a word.</summary>
/// <param name="Word">The word, without quotes.</param>
/// <param name="Text">The lines with the line ends, without the tabs at their starts where those are to be left out.</param>
/// <param name="Source">The lines as they were written, the word included.</param>
internal sealed record HereDocument(string Word, string Text, string Source);
