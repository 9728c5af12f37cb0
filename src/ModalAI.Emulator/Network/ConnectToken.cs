using ModalAI.Emulator.Sandboxes;

namespace ModalAI.Emulator.Network;

/// <summary>What a connect token opens.</summary>
/// <param name="Sandbox">The sandbox; its end is the token's.</param>
/// <param name="Port">The port inside.</param>
/// <param name="UserData">What the program inside learns of whoever shows the token; empty for nothing.</param>
internal sealed record ConnectToken(EmulatedSandbox Sandbox, int Port, string UserData);
