namespace ModalAI.Emulator.Server;

/// <summary>Something that the emulator cannot do, and accepted since the options say so.</summary>
internal sealed record AcceptedFeature(ModalEmulatorAcceptance Feature, string What);
