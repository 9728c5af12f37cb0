using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace ModalAI.Emulator.FileSystem;

/// <summary>ReadFile: the bytes of a regular file, through memory of a fixed size.</summary>
internal static class FileReader
{
    public const long MaximumBytes = 5L * 1024 * 1024 * 1024;
    private const int BufferSize = 128 * 1024;

    public static async Task ReadAsync(SandboxRoot root, SandboxPath path, Stream output, CancellationToken cancellationToken)
    {
        using var file = Open(root, path);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            // The size says nothing about files of /proc, which have none, nor about files that are being written: the bytes count.
            long offset = 0;
            while (true)
            {
                var count = await FileErrors.TranslateAsync(RandomAccess.ReadAsync(file, buffer, offset, cancellationToken)).ConfigureAwait(false);
                if (count == 0)
                {
                    return;
                }

                offset += count;
                if (offset > MaximumBytes)
                {
                    throw TooLarge();
                }

                await output.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static SafeFileHandle Open(SandboxRoot root, SandboxPath path)
    {
        using var identity = root.Enter();

        // First a handle that reads nothing: to open a pipe or a device is already to act on it.
        using var found = root.Open(path, Syscalls.PathOnly);
        var status = SandboxRoot.GetStatus(found);
        if (status.IsDirectory)
        {
            throw new FileSystemException(ErrorKind.IsDirectory, "The path is a directory");
        }

        if (!status.IsRegular)
        {
            throw new FileSystemException(
                ErrorKind.NotSupported,
                $"The path is {status.Description}; the emulator's file API reads regular files only, so read it with a command");
        }

        return status.Size > MaximumBytes ? throw TooLarge() : root.OpenToRead(found, status, flags: 0);
    }

    private static FileSystemException TooLarge() =>
        new(ErrorKind.FileTooLarge, $"The file is larger than the {MaximumBytes} bytes (5 GiB) that can be read");
}
