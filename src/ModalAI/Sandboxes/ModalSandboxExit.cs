using ModalAI.Protocol;

namespace ModalAI;

/// <summary>How and why a sandbox ended.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="ExitCode">The entrypoint's exit code; 124 when the lifetime was reached, 137 when it was terminated.</param>
/// <param name="Message">Modal's words about it; empty when there are none.</param>
public sealed record ModalSandboxExit(ModalSandboxStatus Status, int ExitCode, string Message)
{
    /// <summary>Null while the sandbox runs: then the result is absent or has no status.</summary>
    internal static ModalSandboxExit? From(GenericResult? result) => result?.Status switch
    {
        null or GenericResult.Types.GenericStatus.Unspecified => null,
        GenericResult.Types.GenericStatus.Success => new(ModalSandboxStatus.Success, result.Exitcode, result.Exception),
        GenericResult.Types.GenericStatus.Failure => new(ModalSandboxStatus.Failure, result.Exitcode, result.Exception),
        GenericResult.Types.GenericStatus.Terminated => new(ModalSandboxStatus.Terminated, 137, result.Exception),
        GenericResult.Types.GenericStatus.Timeout => new(ModalSandboxStatus.Timeout, 124, result.Exception),
        GenericResult.Types.GenericStatus.InitFailure => new(ModalSandboxStatus.InitFailure, result.Exitcode, result.Exception),
        GenericResult.Types.GenericStatus.InternalFailure => new(ModalSandboxStatus.InternalFailure, result.Exitcode, result.Exception),
        GenericResult.Types.GenericStatus.IdleTimeout => new(ModalSandboxStatus.IdleTimeout, result.Exitcode, result.Exception),
        GenericResult.Types.GenericStatus.MemoryManagerEviction => new(ModalSandboxStatus.MemoryEviction, result.Exitcode, result.Exception),
        _ => new(ModalSandboxStatus.Unknown, result.Exitcode, result.Exception),
    };
}
