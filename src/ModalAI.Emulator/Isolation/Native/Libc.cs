using System.Runtime.InteropServices;

namespace ModalAI.Emulator.Isolation.Native;

/// <summary>The calls of Linux that .NET has no name for.</summary>
internal static unsafe partial class Libc
{
    public const int CloneNewNamespace = 0x00020000;
    public const int CloneFileSystem = 0x00000200;
    public const int CloneNewPid = 0x20000000;
    public const int OpenCloseOnExec = 0x00080000;
    public const int OpenPath = 0x00200000;
    public const int WaitNoHang = 1;
    public const int WaitStopped = 2;
    public const int Kill = 9;
    public const int Continue = 18;
    public const int AtCurrentDirectory = -100;

    // These numbers are the same on every architecture.
    private const nint PidfdSendSignalNumber = 424;
    private const nint OpenTreeNumber = 428;
    private const nint MoveMountNumber = 429;
    private const nint PidfdOpenNumber = 434;
    private const nint OpenAt2Number = 437;
    private const nint MountSetAttributesNumber = 442;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    public static partial int Pipe(int* descriptors, int flags);

    [LibraryImport("libc", EntryPoint = "mkdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int MakeDirectory(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "rmdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int RemoveDirectory(string path);

    /// <returns>The value's length; below zero where there is none.</returns>
    [LibraryImport("libc", EntryPoint = "lgetxattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint GetAttribute(string path, string name, byte* value, nuint size);

    [LibraryImport("libc", EntryPoint = "chmod", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int ChangeMode(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int ChangeOwner(string path, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint EffectiveUserId();

    [LibraryImport("libc", EntryPoint = "getegid")]
    public static partial uint EffectiveGroupId();

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int SendSignal(int process, int signal);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    public static partial int WaitForChild(int process, out int status, int options);

    /// <summary>Leaves the error to <see cref="Marshal.GetLastSystemError"/>: see <see cref="Spawner"/>.</summary>
    [LibraryImport("libc", EntryPoint = "setns")]
    public static partial int SetNamespace(int descriptor, int kind);

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    public static partial int JoinNamespace(SafeHandle descriptor, int kind);

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    public static partial int Unshare(int flags);

    [LibraryImport("libc", EntryPoint = "posix_spawn")]
    public static partial int Spawn(int* process, byte* path, void* actions, void* attributes, byte** arguments, byte** environment);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    public static partial int InitActions(void* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    public static partial int DestroyActions(void* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")]
    public static partial int AddDuplicate(void* actions, int descriptor, int target);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addopen", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int AddOpen(void* actions, int target, string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addfchdir_np")]
    public static partial int AddChangeDirectory(void* actions, int descriptor);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addclosefrom_np")]
    public static partial int AddCloseFrom(void* actions, int first);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_init")]
    public static partial int InitAttributes(void* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_destroy")]
    public static partial int DestroyAttributes(void* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setflags")]
    public static partial int SetFlags(void* attributes, short flags);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigmask")]
    public static partial int SetSignalMask(void* attributes, void* signals);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigdefault")]
    public static partial int SetDefaultSignals(void* attributes, void* signals);

    [LibraryImport("libc", EntryPoint = "sigemptyset")]
    public static partial int EmptySignals(void* signals);

    [LibraryImport("libc", EntryPoint = "sigfillset")]
    public static partial int FillSignals(void* signals);

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int CreateMemory(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    public static partial int Control(SafeHandle descriptor, int command, nint argument);

    /// <summary>Gives the calling thread, and the children it will bear, an empty session keyring that cannot be written.</summary>
    /// <returns>False, with the error set, where that is refused; true also where no process can use keyrings at all.</returns>
    public static bool LeaveSessionKeyring()
    {
        const nint Join = 1;
        const nint SetPermissions = 5;
        const nint PossessorViewsReadsAndSearches = 0x0b000000;
        const int NotPermitted = 1;
        const int NoSuchCall = 38;

        var number = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => 250,
            Architecture.Arm64 => 219,
            var other => throw new PlatformNotSupportedException($"Sandboxes on this computer need an x64 or Arm64 processor; this is {other}."),
        };
        var keyring = Call(number, Join, 0, 0, 0, 0);
        return keyring < 0
            ? Marshal.GetLastPInvokeError() is NotPermitted or NoSuchCall
            : Call(number, SetPermissions, keyring, PossessorViewsReadsAndSearches, 0, 0) == 0;
    }

    public static int OpenProcess(int process) => (int)Call(PidfdOpenNumber, process, 0, 0, 0, 0);

    public static int SendSignal(SafeHandle process, int signal) => (int)Call(PidfdSendSignalNumber, process, signal, 0, 0, 0);

    /// <summary>Opens a path as if the directory were the root, whatever symbolic links say.</summary>
    public static int OpenInRoot(SafeHandle root, string path, int flags)
    {
        const ulong ResolveInRoot = 0x10;
        const ulong ResolveNoMagicLinks = 0x02;

        var how = stackalloc ulong[3] { (ulong)flags, 0, ResolveInRoot | ResolveNoMagicLinks };
        using var text = new NativeString(path);
        return (int)Call(OpenAt2Number, root, (nint)text.Pointer, (nint)how, 3 * sizeof(ulong), 0);
    }

    /// <summary>A detached copy of the mount that holds a directory.</summary>
    public static int CloneMount(string path)
    {
        const int Clone = 1;

        using var text = new NativeString(path);
        return (int)Call(OpenTreeNumber, AtCurrentDirectory, (nint)text.Pointer, Clone | OpenCloseOnExec, 0, 0);
    }

    public static int IdmapMount(SafeHandle mount, SafeHandle userNamespace)
    {
        const nint EmptyPath = 0x1000;
        const ulong Idmap = 0x00100000;

        var attributes = stackalloc ulong[4] { Idmap, 0, 0, (ulong)userNamespace.DangerousGetHandle() };
        using var empty = new NativeString("");
        var result = (int)Call(MountSetAttributesNumber, mount, (nint)empty.Pointer, EmptyPath, (nint)attributes, 4 * sizeof(ulong));
        GC.KeepAlive(userNamespace);
        return result;
    }

    public static int AttachMount(SafeHandle mount, string path)
    {
        const int FromIsTheDescriptor = 4;

        using var empty = new NativeString("");
        using var text = new NativeString(path);
        return (int)Call(MoveMountNumber, mount, (nint)empty.Pointer, AtCurrentDirectory, (nint)text.Pointer, FromIsTheDescriptor);
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Call(nint number, nint first, nint second, nint third, nint fourth, nint fifth);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Call(nint number, SafeHandle first, nint second, nint third, nint fourth, nint fifth);
}
