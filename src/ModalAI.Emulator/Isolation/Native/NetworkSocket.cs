using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ModalAI.Emulator.Isolation.Native;

/// <summary>Sockets in the network namespaces of others. A socket stays where it was made, whoever uses it.</summary>
internal static partial class NetworkSocket
{
    private const int CloneNewNetwork = 0x40000000;
    private const int CloseOnExec = 0x80000;
    private const int InterNetwork = 2;

    private static readonly SafeFileHandle OwnNetwork = Descriptor.Open("/proc/self/ns/net", 0);

    /// <summary>Makes an IPv4 socket there. Needs the rights of root.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">The kernel refused.</exception>
    public static Socket Open(SafeFileHandle networkNamespace, SocketType type, ProtocolType protocol)
    {
        var held = false;
        networkNamespace.DangerousAddRef(ref held);
        try
        {
            var descriptor = OpenIn(
                (int)networkNamespace.DangerousGetHandle(), (int)OwnNetwork.DangerousGetHandle(), (int)type | CloseOnExec, (int)protocol);
            return descriptor < 0
                ? throw Descriptor.Error(-descriptor, "Making a socket in a sandbox's network")
                : new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
        }
        finally
        {
            networkNamespace.DangerousRelease();
        }
    }

    /// <summary>As in <see cref="Spawner"/>, nothing but native calls may run while the thread is elsewhere: one that the runtime starts would stay there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static int OpenIn(int networkNamespace, int ownNetwork, int type, int protocol)
    {
        if (Libc.SetNamespace(networkNamespace, CloneNewNetwork) < 0)
        {
            return -Marshal.GetLastSystemError();
        }

        var descriptor = MakeSocket(InterNetwork, type, protocol);
        if (descriptor < 0)
        {
            descriptor = -Marshal.GetLastSystemError();
        }

        if (Libc.SetNamespace(ownNetwork, CloneNewNetwork) < 0)
        {
            Environment.FailFast("A thread could not return to the network of this process.");
        }

        return descriptor;
    }

    /// <summary>Leaves the error to <see cref="Marshal.GetLastSystemError"/>.</summary>
    [LibraryImport("libc", EntryPoint = "socket")]
    private static partial int MakeSocket(int family, int type, int protocol);
}
