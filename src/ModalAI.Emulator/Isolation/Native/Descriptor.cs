using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ModalAI.Emulator.Isolation.Native;

/// <summary>Descriptors that no child process inherits.</summary>
internal static class Descriptor
{
    public static SafeFileHandle Open(string path, int flags) => Own(Libc.Open(path, flags | Libc.OpenCloseOnExec), path);

    /// <summary>A handle by which a process can be signalled without ever hitting another one of the same number.</summary>
    public static SafeFileHandle OpenProcess(int process) => Own(Libc.OpenProcess(process), $"process {process}");

    /// <summary>A file in memory.</summary>
    public static SafeFileHandle CreateMemory(string name, uint flags) => Own(Libc.CreateMemory(name, flags), name);

    /// <summary>A detached copy of the mount of a directory.</summary>
    public static SafeFileHandle CloneMount(string path) => Own(Libc.CloneMount(path), path);

    /// <summary>Opens a path as if the directory were the root, whatever symbolic links say.</summary>
    public static SafeFileHandle OpenInRoot(SafeFileHandle root, string path, int flags) =>
        Own(Libc.OpenInRoot(root, path, flags | Libc.OpenCloseOnExec), path);

    /// <summary>The other side of a pseudo-terminal, found without any path.</summary>
    public static SafeFileHandle OpenTerminalPeer(SafeFileHandle terminal, int flags) => Own(Libc.OpenTerminalPeer(terminal, flags), "the child's side of a terminal");

    public static SafeFileHandle Duplicate(SafeFileHandle handle) => Own(Libc.Control(handle, Libc.DuplicateCloseOnExec, 0), "another descriptor of the same file");

    public static unsafe (SafeFileHandle Read, SafeFileHandle Write) Pipe()
    {
        var ends = stackalloc int[2];
        if (Libc.Pipe(ends, Libc.OpenCloseOnExec) < 0)
        {
            throw LastError("Making a pipe");
        }

        return (new SafeFileHandle(ends[0], ownsHandle: true), new SafeFileHandle(ends[1], ownsHandle: true));
    }

    public static Win32Exception LastError(string what) => Error(Marshal.GetLastPInvokeError(), what);

    public static Win32Exception Error(int error, string what) =>
        new(error, $"{what} failed: {Marshal.GetPInvokeErrorMessage(error)} (errno {error}).");

    private static SafeFileHandle Own(int descriptor, string what) =>
        descriptor < 0 ? throw LastError($"Opening {what}") : new SafeFileHandle(descriptor, ownsHandle: true);
}
