namespace ModalAI.Emulator;

/// <summary>A command or entrypoint in the ledger. Of its command line the program alone is kept: arguments may hold secrets.</summary>
/// <param name="SandboxId">Its sandbox.</param>
/// <param name="Id">Its exec id; <c>entrypoint</c> for the sandbox's own command.</param>
/// <param name="Program">The program, as it was asked for.</param>
/// <param name="StartedAt">When it was started, on the emulator's clock.</param>
public sealed record ModalEmulatorProcess(string SandboxId, string Id, string Program, DateTimeOffset StartedAt)
{
    /// <summary>When it had exited and its outputs had ended, on the emulator's clock; null until then.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Its exit code, 128 + n after signal n; null until it has ended.</summary>
    public int? ExitCode { get; init; }
}
