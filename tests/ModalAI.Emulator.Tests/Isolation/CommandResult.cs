namespace ModalAI.Emulator.Tests.Isolation;

internal sealed record CommandResult(int ExitCode, string Output, string Error);
