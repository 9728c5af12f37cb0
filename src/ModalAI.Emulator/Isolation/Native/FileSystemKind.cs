using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ModalAI.Emulator.Isolation.Native;

/// <summary>What kind of file system a file is on.</summary>
internal static unsafe partial class FileSystemKind
{
    /// <summary>Larger than the structure of any architecture.</summary>
    private const int StructureSize = 256;

    /// <summary>proc, sysfs, devpts, the two of control groups, debugfs, tracefs, securityfs, bpf.</summary>
    private static readonly long[] Kernel = [0x9fa0, 0x62656572, 0x1cd1, 0x27e0eb, 0x63677270, 0x64626720, 0x74726163, 0x73636673, 0xcafe4a11];

    /// <summary>Whether its files are the kernel's words about itself.</summary>
    public static bool IsKernels(SafeFileHandle handle)
    {
        var structure = stackalloc byte[StructureSize];
        return Status(handle, structure) < 0
            ? throw Descriptor.LastError("Asking for the kind of a file system")
            : Kernel.Contains(*(long*)structure);
    }

    [LibraryImport("libc", EntryPoint = "fstatfs", SetLastError = true)]
    private static partial int Status(SafeFileHandle handle, byte* structure);
}
