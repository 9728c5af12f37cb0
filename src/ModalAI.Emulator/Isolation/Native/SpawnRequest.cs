using Microsoft.Win32.SafeHandles;

namespace ModalAI.Emulator.Isolation.Native;

/// <summary>A program to start: exactly this environment, exactly these three streams, and no other open file.</summary>
internal sealed record SpawnRequest
{
    /// <summary>Absolute path of the program.</summary>
    public required string Program { get; init; }

    /// <summary>All arguments, the program's own name included.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>NAME=VALUE each.</summary>
    public required IReadOnlyList<string> Environment { get; init; }

    /// <summary>Null for /dev/null.</summary>
    public SafeFileHandle? Input { get; init; }

    public required SafeFileHandle Output { get; init; }

    public required SafeFileHandle Error { get; init; }

    /// <summary>Whether the input is a terminal, to become that of the child's session.</summary>
    public bool TakeTerminal { get; init; }

    /// <summary>The directory to start in; null for this process's own.</summary>
    public SafeFileHandle? WorkingDirectory { get; init; }

    /// <summary>The PID namespace to be born in; null for this process's own.</summary>
    public SafeFileHandle? PidNamespace { get; init; }

    /// <summary>
    /// Whether to wake the child whenever it stops. nsenter, waiting for a command that has stopped, stops too, and would then never hear of
    /// the command's end.
    /// </summary>
    public bool ContinueWhenStopped { get; init; }
}
