using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace ModalAI.Emulator.FileSystem;

/// <summary>
/// WriteFile: the bytes go to a temporary file beside the target, which then takes the target's place in one step. So a target is never
/// half written, a link is replaced and not followed, and what was there stays when the input ends early.
/// </summary>
internal sealed class FileWriter : IDisposable
{
    private const int BufferSize = 128 * 1024;
    private const uint FileMode = 0x1a4; // 0644, as Modal leaves a file that it replaces, too
    private const uint TemporaryMode = 0x180; // 0600

    private readonly SandboxRoot _root;
    private readonly SafeFileHandle _directory;
    private readonly byte[] _name;
    private readonly byte[] _temporaryName = SandboxPath.ToBytes($".modal-write-{Guid.NewGuid():N}");
    private readonly SafeFileHandle _file;
    private bool _finished;

    private FileWriter(SandboxRoot root, SandboxPath path)
    {
        if (path.EndsWithSlash || !path.HasLeaf)
        {
            throw IsDirectory();
        }

        _root = root;
        _name = SandboxPath.ToBytes(path.Leaf);
        using var identity = root.Enter();
        _directory = root.ForChange(DirectoryMaker.OpenOrMake(root, path.Parent, ErrorKind.AlreadyExists));
        try
        {
            RefuseWhatCannotBeReplaced(path);
            const int Flags = Syscalls.WriteOnly | Syscalls.Create | Syscalls.Exclusive;
            var result = SandboxRoot.TryOpenEntry(_directory, _temporaryName, Flags, out _file, TemporaryMode);
            if (result != 0)
            {
                throw FileSystemException.FromErrno(-result, $"Creating a file beside '{path}'");
            }
        }
        catch
        {
            _directory.Dispose();
            throw;
        }
    }

    public static async Task WriteAsync(SandboxRoot root, SandboxPath path, Stream input, CancellationToken cancellationToken)
    {
        using var writer = new FileWriter(root, path);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            long offset = 0;
            int count;
            while ((count = await input.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            {
                var write = RandomAccess.WriteAsync(writer._file, buffer.AsMemory(0, count), offset, cancellationToken);
                await FileErrors.TranslateAsync(write).ConfigureAwait(false);
                offset += count;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        cancellationToken.ThrowIfCancellationRequested();
        writer.Finish();
    }

    public void Dispose()
    {
        _file.Dispose();
        if (!_finished)
        {
            using var identity = _root.Enter();
            _ = Syscalls.Remove(_directory, _temporaryName, flags: 0);
        }

        _directory.Dispose();
    }

    private void Finish()
    {
        using var identity = _root.Enter();
        var result = Syscalls.ChangeMode(_file, FileMode);
        if (result == 0)
        {
            result = Syscalls.Rename(_directory, _temporaryName, _directory, _name);
        }

        _finished = result == 0 ? true : throw FileSystemException.FromErrno(-result, "Putting the new file in place");
    }

    private void RefuseWhatCannotBeReplaced(SandboxPath path)
    {
        // A link to a directory counts as the directory, which is what the caller would see there.
        if (_root.TryOpen(path, Syscalls.PathOnly | Syscalls.Directory, out var directory) == 0)
        {
            directory.Dispose();
            throw IsDirectory();
        }

        if (Syscalls.Status(_directory, _name, out var status) == 0 && status.IsMountPoint)
        {
            throw FileSystemException.FromErrno(Errno.Busy, $"Replacing '{path}'");
        }
    }

    private static FileSystemException IsDirectory() => new(ErrorKind.IsDirectory, "The path is a directory");
}
