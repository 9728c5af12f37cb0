using System.Runtime.InteropServices;
using ModalAI.Emulator.Isolation.Native;
using ModalAI.TestSupport;

namespace ModalAI.Emulator.Tests.Isolation;

/// <summary>Waiting for processes that are nobody's children here.</summary>
internal static unsafe partial class HostProcesses
{
    /// <summary>Blocks until a process has ended; false when it still lives after the time of a test.</summary>
    public static Task<bool> WaitForEndAsync(int process)
    {
        const short Readable = 1;

        var handle = Descriptor.OpenProcess(process);
        return Task.Run(() =>
        {
            using (handle)
            {
                var wait = new PollDescriptor { Descriptor = (int)handle.DangerousGetHandle(), Events = Readable };
                return Poll(&wait, 1, (int)TestTimeout.Duration.TotalMilliseconds) == 1;
            }
        });
    }

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(PollDescriptor* descriptors, nuint count, int milliseconds);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Result;
    }
}
