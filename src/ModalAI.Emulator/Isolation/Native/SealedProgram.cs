using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace ModalAI.Emulator.Isolation.Native;

/// <summary>
/// A copy in memory of a program of this computer that nobody can change. Where the sandbox's root has the id of this computer's root, a
/// process in there could otherwise open /proc/PID/exe of a command that is just coming in, and write to the program that all later
/// commands come in by.
/// </summary>
internal sealed class SealedProgram : IDisposable
{
    private readonly SafeFileHandle _file;

    public SealedProgram(string path)
    {
        const uint CloseOnExecAndAllowSealing = 3;
        const int AddSeals = 1033;
        const nint SealShrinkGrowWriteAndSeals = 0xf;

        _file = Descriptor.CreateMemory(System.IO.Path.GetFileName(path), CloseOnExecAndAllowSealing);
        try
        {
            RandomAccess.Write(_file, File.ReadAllBytes(path), fileOffset: 0);
            if (Libc.Control(_file, AddSeals, SealShrinkGrowWriteAndSeals) < 0)
            {
                throw Descriptor.LastError($"Sealing a copy of {path}");
            }
        }
        catch
        {
            _file.Dispose();
            throw;
        }

        Path = string.Create(CultureInfo.InvariantCulture, $"/proc/{Environment.ProcessId}/fd/{_file.DangerousGetHandle()}");
    }

    /// <summary>Valid until this is disposed of.</summary>
    public string Path { get; }

    public void Dispose() => _file.Dispose();
}
