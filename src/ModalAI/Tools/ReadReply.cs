namespace ModalAI.Tools;

/// <summary>A part of a text file.</summary>
/// <param name="Text">What a model is told: the lines with their numbers, and how to go on.</param>
/// <param name="Lines">The lines as they are, without their ends.</param>
/// <param name="FirstLine">Number of the first one.</param>
/// <param name="TotalLines">How many lines the file has; null where they were not counted.</param>
/// <param name="NextLine">Number of the line that comes next; null where the file is at its end.</param>
internal sealed record ReadReply(string Text, IReadOnlyList<string> Lines, int FirstLine, long? TotalLines, int? NextLine) : ToolReply(Text);
