namespace ModalAI.Emulator;

/// <summary>Something that the emulator cannot do, and accepted since <see cref="ModalEmulatorOptions.Accept"/> says so.</summary>
/// <param name="Feature">What was accepted.</param>
/// <param name="What">What was asked for.</param>
public sealed record ModalEmulatorAcceptedFeature(ModalEmulatorAcceptance Feature, string What);
