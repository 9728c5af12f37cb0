using Microsoft.Win32.SafeHandles;
using ModalAI.Emulator.Isolation.Native;

namespace ModalAI.Emulator.Tests.Isolation;

/// <summary>The PID namespace of a process; held, so that no other one gets its number.</summary>
internal sealed class PidNamespace(int process) : IDisposable
{
    private readonly SafeFileHandle _held = Descriptor.Open($"/proc/{process}/ns/pid", 0);
    private readonly string? _name = TryGetName(process);

    /// <summary>The processes in it that have not ended.</summary>
    public IReadOnlyList<int> FindProcesses() =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(static path => int.TryParse(Path.GetFileName(path), out var candidate) ? candidate : 0)
            .Where(candidate => candidate != 0 && TryGetName(candidate) is { } name && name == _name),
    ];

    public void Dispose() => _held.Dispose();

    private static string? TryGetName(int process)
    {
        try
        {
            return new FileInfo($"/proc/{process}/ns/pid").LinkTarget;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
