using System.Buffers;

namespace ModalAI.Files;

/// <summary>Writes a folder of this computer as an archive. Links are not followed; devices, named pipes and sockets, which have no length, become empty files unopened.</summary>
internal sealed class LocalTreeReader(TarWriter archive, Stream output)
{
    private const int BufferSize = 128 * 1024;
    private const int FileMode0644 = 0x1A4;
    private const int DirectoryMode0755 = 0x1ED;

    private readonly byte[] _buffer = new byte[BufferSize];

    /// <exception cref="IOException">A file cannot be read, or has changed its length meanwhile.</exception>
    public async Task WriteAsync(DirectoryInfo folder, CancellationToken cancellationToken)
    {
        await WriteFolderAsync(folder, "", cancellationToken).ConfigureAwait(false);
        await archive.FinishAsync(cancellationToken).ConfigureAwait(false);
    }

    private static int ModeOf(FileSystemInfo info, int other) => OperatingSystem.IsWindows() ? other : (int)info.UnixFileMode & 0x1FF;

    private async Task WriteFolderAsync(DirectoryInfo folder, string prefix, CancellationToken cancellationToken)
    {
        // Hidden ones too, and those that cannot be entered are an error, not left out.
        var options = new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = false };
        foreach (var info in folder.EnumerateFileSystemInfos("*", options))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var name = prefix + info.Name;
            if (info.LinkTarget is { } target)
            {
                await WriteHeaderAsync(info, TarEntryType.SymbolicLink, name, target, 0x1FF, 0, cancellationToken).ConfigureAwait(false);
            }
            else if (info is DirectoryInfo directory)
            {
                await WriteHeaderAsync(info, TarEntryType.Directory, name + "/", "", ModeOf(info, DirectoryMode0755), 0, cancellationToken).ConfigureAwait(false);
                await WriteFolderAsync(directory, name + "/", cancellationToken).ConfigureAwait(false);
            }
            else
            {
                await WriteFileAsync((FileInfo)info, name, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private ValueTask WriteHeaderAsync(
        FileSystemInfo info, TarEntryType type, string name, string target, int mode, long size, CancellationToken cancellationToken) =>
        archive.WriteHeaderAsync(new TarEntry(type, name, target, mode, size, new DateTimeOffset(info.LastWriteTimeUtc)), cancellationToken);

    private async Task WriteFileAsync(FileInfo info, string name, CancellationToken cancellationToken)
    {
        if (info.Length == 0)
        {
            await WriteHeaderAsync(info, TarEntryType.File, name, "", ModeOf(info, FileMode0644), 0, cancellationToken).ConfigureAwait(false);
            return;
        }

        using var file = File.OpenHandle(info.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.SequentialScan);
        var length = RandomAccess.GetLength(file);
        await WriteHeaderAsync(info, TarEntryType.File, name, "", ModeOf(info, FileMode0644), length, cancellationToken).ConfigureAwait(false);
        for (long offset = 0; offset < length;)
        {
            var wanted = (int)Math.Min(_buffer.Length, length - offset);
            var count = await RandomAccess.ReadAsync(file, _buffer.AsMemory(0, wanted), offset, cancellationToken).ConfigureAwait(false);
            if (count == 0)
            {
                throw new IOException($"'{info.FullName}' became shorter while it was copied.");
            }

            await output.WriteAsync(_buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
            offset += count;
        }

        await archive.PadAsync(length, cancellationToken).ConfigureAwait(false);
    }
}
