using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace ModalAI.Emulator.Isolation.Native;

/// <summary>A pair of connected sockets, one for a child, over which the child hands descriptors to this process.</summary>
internal sealed unsafe partial class DescriptorChannel : IDisposable
{
    private const int Unix = 1;
    private const int SequencedPackets = 5;
    private const int CloseOnExec = 0x80000;
    private const int SocketLevel = 1;
    private const int PassedDescriptors = 1;

    private readonly SafeFileHandle _own;

    public DescriptorChannel(TimeSpan receiveLimit)
    {
        const int ReceiveTimeout = 20;

        var ends = stackalloc int[2];
        if (MakePair(Unix, SequencedPackets | CloseOnExec, 0, ends) < 0)
        {
            throw Descriptor.LastError("Making a pair of sockets");
        }

        _own = new SafeFileHandle(ends[0], ownsHandle: true);
        Child = new SafeFileHandle(ends[1], ownsHandle: true);
        var limit = stackalloc long[2] { (long)receiveLimit.TotalSeconds, 0 };
        _ = SetOption(_own, SocketLevel, ReceiveTimeout, limit, 2 * sizeof(long));
    }

    /// <summary>For the child; to be closed here once the child has it.</summary>
    public SafeFileHandle Child { get; }

    public void Send(string request)
    {
        var bytes = Encoding.ASCII.GetBytes(request);
        fixed (byte* data = bytes)
        {
            const int NoSignal = 0x4000;
            if (Send(_own, data, bytes.Length, NoSignal) < 0)
            {
                throw Descriptor.LastError("Asking the network helper");
            }
        }
    }

    /// <summary>Waits for the next packet.</summary>
    /// <returns>What it says, and the descriptor that came with it, or -1.</returns>
    public (string Text, int Descriptor) Receive()
    {
        const int MaxText = 256;

        var text = stackalloc byte[MaxText];
        var part = stackalloc nint[2] { (nint)text, MaxText };
        var control = stackalloc nint[4];
        var message = new Message { Parts = part, PartCount = 1, Control = control, ControlLength = 4 * sizeof(long) };
        var count = Receive(_own, &message, CloseOnExecReceived);
        if (count < 0)
        {
            throw Descriptor.LastError("Waiting for the network helper");
        }

        // A control message: its length, level and type, then the descriptor.
        var hasDescriptor = message.ControlLength >= 20 && ((int*)control)[2] == SocketLevel && ((int*)control)[3] == PassedDescriptors;
        return (Encoding.ASCII.GetString(text, (int)count), hasDescriptor ? ((int*)control)[4] : -1);
    }

    public void Dispose()
    {
        _own.Dispose();
        Child.Dispose();
    }

    private const int CloseOnExecReceived = 0x40000000;

    [LibraryImport("libc", EntryPoint = "socketpair", SetLastError = true)]
    private static partial int MakePair(int family, int type, int protocol, int* ends);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    private static partial int SetOption(SafeHandle socket, int level, int option, void* value, int length);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint Send(SafeHandle socket, byte* data, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    private static partial nint Receive(SafeHandle socket, Message* message, int flags);

    /// <summary>msghdr, on 64-bit Linux.</summary>
    private struct Message
    {
        public nint Name;
        public int NameLength;
        public nint* Parts;
        public nint PartCount;
        public nint* Control;
        public nint ControlLength;
        public int Flags;
    }
}
