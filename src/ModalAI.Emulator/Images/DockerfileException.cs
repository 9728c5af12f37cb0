namespace ModalAI.Emulator.Images;

/// <summary>The commands of an image make no sense; the message says which, and why.</summary>
internal sealed class DockerfileException(string message) : Exception(message);
