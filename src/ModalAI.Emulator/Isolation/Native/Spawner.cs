using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ModalAI.Emulator.Isolation.Native;

/// <summary>posix_spawn.</summary>
internal static unsafe class Spawner
{
    // The C library keeps its structures opaque; the largest has 336 bytes.
    private const int OpaqueSize = 1024;

    private static readonly SafeFileHandle OwnPidNamespace = Descriptor.Open("/proc/self/ns/pid", 0);

    /// <returns>The number of the new process.</returns>
    /// <exception cref="Win32Exception">The kernel refused.</exception>
    public static int Spawn(SpawnRequest request)
    {
        const short SetDefaultSignals = 0x04;
        const short SetSignalMask = 0x08;
        const short SetSession = 0x80;
        const int WriteOnly = 1;
        const int ReadWrite = 2;

        // Held until the child runs: another thread may dispose of a handle, and its number would then be another file's.
        using var input = new HeldHandle(request.Input);
        using var output = new HeldHandle(request.Output);
        using var error = new HeldHandle(request.Error);
        using var directory = new HeldHandle(request.WorkingDirectory);
        using var pidNamespace = new HeldHandle(request.PidNamespace);
        using var program = new NativeString(request.Program);
        using var arguments = new NativeStringArray(request.Arguments);
        using var environment = new NativeStringArray(request.Environment);

        var actions = stackalloc byte[OpaqueSize];
        var attributes = stackalloc byte[OpaqueSize];
        var signals = stackalloc byte[OpaqueSize];
        Check(Libc.InitActions(actions), request);
        Check(Libc.InitAttributes(attributes), request);
        try
        {
            // A new session takes the first terminal that it opens.
            Check(
                input.Number < 0 ? Libc.AddOpen(actions, 0, "/dev/null", 0, 0)
                : request.TakeTerminal ? Libc.AddOpen(actions, 0, $"/proc/self/fd/{input.Number}", ReadWrite, 0)
                : Libc.AddDuplicate(actions, input.Number, 0),
                request);
            Check(output.Number < 0 ? Libc.AddOpen(actions, 1, "/dev/null", WriteOnly, 0) : Libc.AddDuplicate(actions, output.Number, 1), request);
            Check(error.Number < 0 ? Libc.AddOpen(actions, 2, "/dev/null", WriteOnly, 0) : Libc.AddDuplicate(actions, error.Number, 2), request);
            if (directory.Number >= 0)
            {
                Check(Libc.AddChangeDirectory(actions, directory.Number), request);
            }

            // What others have opened without close-on-exec would be a way out of the sandbox.
            Check(Libc.AddCloseFrom(actions, 3), request);

            // .NET ignores SIGPIPE, and what is ignored stays ignored in the program that is started.
            _ = Libc.FillSignals(signals);
            Check(Libc.SetDefaultSignals(attributes, signals), request);
            _ = Libc.EmptySignals(signals);
            Check(Libc.SetSignalMask(attributes, signals), request);
            Check(Libc.SetFlags(attributes, SetDefaultSignals | SetSignalMask | SetSession), request);

            int process;
            Check(
                pidNamespace.Number < 0
                    ? Libc.Spawn(&process, program.Pointer, actions, attributes, arguments.Pointer, environment.Pointer)
                    : SpawnIn(
                        pidNamespace.Number,
                        (int)OwnPidNamespace.DangerousGetHandle(),
                        &process,
                        program.Pointer,
                        actions,
                        attributes,
                        arguments.Pointer,
                        environment.Pointer),
                request);
            return process;
        }
        finally
        {
            _ = Libc.DestroyActions(actions);
            _ = Libc.DestroyAttributes(attributes);
        }
    }

    /// <summary>Has the calling thread bear one child in another PID namespace.</summary>
    /// <remarks>
    /// A thread that has chosen another PID namespace cannot start threads, and the runtime starts some whenever it likes: to compile a hot
    /// method again, for one. So nothing but native calls may run in between, none of them through a stub that is compiled in tiers.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static int SpawnIn(
        int pidNamespace, int ownPidNamespace, int* process, byte* path, byte* actions, byte* attributes, byte** arguments, byte** environment)
    {
        if (Libc.SetNamespace(pidNamespace, Libc.CloneNewPid) < 0)
        {
            return Marshal.GetLastSystemError();
        }

        var error = Libc.Spawn(process, path, actions, attributes, arguments, environment);
        if (Libc.SetNamespace(ownPidNamespace, Libc.CloneNewPid) < 0)
        {
            Environment.FailFast("A thread could not return to the PID namespace of this process.");
        }

        return error;
    }

    private static void Check(int error, SpawnRequest request)
    {
        if (error != 0)
        {
            throw new Win32Exception(error, $"Starting {request.Program} failed: {Marshal.GetPInvokeErrorMessage(error)} (errno {error}).");
        }
    }

    private readonly ref struct HeldHandle
    {
        private readonly SafeFileHandle? _handle;

        public HeldHandle(SafeFileHandle? handle)
        {
            Number = -1;
            if (handle is not null)
            {
                var held = false;
                handle.DangerousAddRef(ref held);
                _handle = handle;
                Number = (int)handle.DangerousGetHandle();
            }
        }

        public int Number { get; }

        public void Dispose() => _handle?.DangerousRelease();
    }
}
