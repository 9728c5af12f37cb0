using System.Runtime.InteropServices;

namespace ModalAI.Emulator.FileSystem;

/// <summary>An operation that failed in a way that the caller in the SDK is told of. The path is not part of the message: the SDKs add it.</summary>
internal sealed class FileSystemException(ErrorKind kind, string message, string detail = "") : Exception(message)
{
    public ErrorKind Kind { get; } = kind;

    public string Detail { get; } = detail;

    /// <summary>The error that a system call's <paramref name="errno"/> stands for.</summary>
    public static FileSystemException FromErrno(int errno, string call)
    {
        var (kind, message) = errno switch
        {
            Errno.NotFound => (ErrorKind.NotFound, "No such file or directory"),
            Errno.NotDirectory => (ErrorKind.NotDirectory, "A component of the path is not a directory"),
            Errno.IsDirectory => (ErrorKind.IsDirectory, "The path is a directory"),
            Errno.Exists => (ErrorKind.AlreadyExists, "The path already exists"),
            Errno.NotEmpty => (ErrorKind.DirectoryNotEmpty, "The directory is not empty"),
            Errno.AccessDenied or Errno.NotPermitted => (ErrorKind.PermissionDenied, "Permission denied"),
            Errno.ReadOnlyFileSystem => (ErrorKind.PermissionDenied, "The file system is read-only"),
            Errno.Busy => (ErrorKind.Io, "Something is mounted on the path, or it is in use"),
            Errno.Loop => (ErrorKind.Io, "Too many symbolic links, or a link of /proc that only its own process can follow"),
            Errno.NoProcess => (ErrorKind.Io, "The sandbox's file system is gone: the sandbox has ended"),
            Errno.Again => (ErrorKind.Io, "The file is held by another process, or its path keeps changing; try again"),
            _ => (ErrorKind.Io, Marshal.GetPInvokeErrorMessage(errno)),
        };
        return new FileSystemException(kind, message, $"{call} failed with error number {errno}");
    }
}
