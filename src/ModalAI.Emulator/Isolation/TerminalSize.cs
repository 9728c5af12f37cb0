namespace ModalAI.Emulator.Isolation;

/// <summary>The size of a terminal, in characters.</summary>
internal readonly record struct TerminalSize(ushort Rows, ushort Columns);
