using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ModalAI.Files;
using ModalAI.Protocol;
using ModalAI.Rpc;
using ModalAI.Sandboxes;

namespace ModalAI;

/// <summary>
/// Files of a sandbox. Paths are absolute. Each operation is one command in the sandbox, by the program that Modal puts there
/// (<c>modal-sandbox-fs-tools</c>), and costs one round trip.
/// </summary>
public sealed partial class ModalSandboxFiles
{
    /// <summary>The largest file that <see cref="ReadAllBytesAsync"/> and <see cref="ReadAllTextAsync"/> take by default: 100 MiB. <see cref="OpenReadAsync"/> has no such limit.</summary>
    public const int DefaultMaxBytes = 100 * 1024 * 1024;

    private const int MaxListBytes = 64 * 1024 * 1024;

    private readonly SandboxCommands _commands;
    private readonly FileTool _tool;

    internal ModalSandboxFiles(SandboxCommands commands)
    {
        _commands = commands;
        _tool = new FileTool(commands);
    }

    /// <summary>Reads a whole file.</summary>
    /// <param name="path">Absolute path of a file.</param>
    /// <param name="maxBytes">The largest file to take.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="ModalFileNotFoundException">There is no such file.</exception>
    /// <exception cref="ModalIsADirectoryException">The path is a directory.</exception>
    /// <exception cref="ModalFileTooLargeException">The file has more than <paramref name="maxBytes"/>, or than the 5 GiB that Modal reads.</exception>
    /// <exception cref="ModalException">The operation failed otherwise.</exception>
    public Task<byte[]> ReadAllBytesAsync(string path, int maxBytes = DefaultMaxBytes, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxBytes);
        return _tool.RunAsync("ReadFile", Absolute(path), maxBytes, cancellationToken);
    }

    /// <summary>Reads a whole file of UTF-8 text; invalid bytes are replaced, a byte order mark is left out.</summary>
    /// <param name="path">Absolute path of a file.</param>
    /// <param name="maxBytes">The largest file to take.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="ModalFileException">As <see cref="ReadAllBytesAsync"/>.</exception>
    public async Task<string> ReadAllTextAsync(string path, int maxBytes = DefaultMaxBytes, CancellationToken cancellationToken = default)
    {
        var bytes = await ReadAllBytesAsync(path, maxBytes, cancellationToken).ConfigureAwait(false);
        return Encoding.UTF8.GetString(bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? bytes.AsSpan(Encoding.UTF8.Preamble.Length) : bytes);
    }

    /// <summary>Opens a file for reading, asynchronously and forwards only. The caller disposes of the stream.</summary>
    /// <param name="path">Absolute path of a file.</param>
    /// <param name="cancellationToken">Stops opening.</param>
    /// <exception cref="ModalFileException">As <see cref="ReadAllBytesAsync"/>; reading the stream may throw it too, at its end.</exception>
    public async Task<Stream> OpenReadAsync(string path, CancellationToken cancellationToken = default)
    {
        const string Operation = "ReadFile";
        var exec = _tool.Start(Operation, Absolute(path));
        var reader = new ExecOutputReader(_commands.Exec, exec, TaskExecStdioFileDescriptor.Stdout);
        try
        {
            var first = await ReadFirstAsync(exec, reader, cancellationToken).ConfigureAwait(false);
            if (first.IsEmpty)
            {
                await FinishAsync(cancellationToken).ConfigureAwait(false);
            }

            return new FileReadStream(reader, first, FinishAsync);
        }
        catch
        {
            reader.Dispose();
            throw;
        }

        Task FinishAsync(CancellationToken cancellationToken) =>
            _tool.EndAsync(exec, _commands.Exec.WaitAsync(exec, cancellationToken), Operation, path, cancellationToken);
    }

    /// <summary>
    /// Writes a file, in the place of one that is there; makes missing directories. Modal puts a new file of mode 0644 in the old one's place: permissions and other hard
    /// links are not kept, and a link is replaced, not followed.
    /// </summary>
    /// <param name="path">Absolute path of the file.</param>
    /// <param name="content">What it is to hold.</param>
    /// <param name="cancellationToken">Gives up; the file is as it was, or complete.</param>
    /// <exception cref="ModalIsADirectoryException">The path is a directory.</exception>
    /// <exception cref="ModalNotADirectoryException">A part of the path is a file.</exception>
    /// <exception cref="ModalFilePermissionException">The sandbox does not permit it.</exception>
    /// <exception cref="ModalException">The operation failed otherwise.</exception>
    public async Task WriteAllBytesAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        using var stream = System.Runtime.InteropServices.MemoryMarshal.TryGetArray(content, out var segment)
            ? new MemoryStream(segment.Array!, segment.Offset, segment.Count, writable: false)
            : new MemoryStream(content.ToArray(), writable: false);
        await WriteAsync(path, stream, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes a file of UTF-8 text without a byte order mark; else as <see cref="WriteAllBytesAsync"/>.</summary>
    /// <param name="path">Absolute path of the file.</param>
    /// <param name="content">The text.</param>
    /// <param name="cancellationToken">Gives up; the file is as it was, or complete.</param>
    public Task WriteAllTextAsync(string path, string content, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        return WriteAllBytesAsync(path, Encoding.UTF8.GetBytes(content), cancellationToken);
    }

    /// <summary>Writes a file from a stream, which is read to its end and not disposed of; else as <see cref="WriteAllBytesAsync"/>.</summary>
    /// <param name="path">Absolute path of the file.</param>
    /// <param name="content">What it is to hold.</param>
    /// <param name="cancellationToken">Gives up; the file is as it was, or complete.</param>
    public async Task WriteAsync(string path, Stream content, CancellationToken cancellationToken = default)
    {
        const string Operation = FileTool.WriteOperation;
        ArgumentNullException.ThrowIfNull(content);
        cancellationToken.ThrowIfCancellationRequested();
        var exec = _tool.Start(Operation, Absolute(path));
        using var lifetime = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var exit = _commands.Exec.WaitAsync(exec, lifetime.Token);
        var upload = new ExecInputUpload(_commands.Exec, exec).SendAsync(content, lifetime.Token);
        try
        {
            await exec.Started.WaitAsync(cancellationToken).ConfigureAwait(false);

            // The program may end before it has read all: then its exit code says more than the broken upload.
            if (await Task.WhenAny(exit, upload).ConfigureAwait(false) == upload)
            {
                await RefusedByExit(upload, exit).ConfigureAwait(false);
            }

            await _tool.EndAsync(exec, exit, Operation, path, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not ModalFileException)
        {
            if (!exec.Started.IsFaulted && exception is not ModalException { Code: ModalErrorCode.SandboxEnded })
            {
                // An end of input would make the program keep half a file: it is killed instead.
                _commands.Background.Add(_commands.Killer.KillAsync(exec));
            }

            throw;
        }
        finally
        {
            await lifetime.CancelAsync().ConfigureAwait(false);
            await upload.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await ((Task)exit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Lists a directory, sorted by name, without its subdirectories' content.</summary>
    /// <param name="path">Absolute path of a directory.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ModalFileNotFoundException">There is no such directory.</exception>
    /// <exception cref="ModalNotADirectoryException">The path is a file.</exception>
    /// <exception cref="ModalException">The operation failed otherwise.</exception>
    public async Task<IReadOnlyList<ModalFileInfo>> ListAsync(string path, CancellationToken cancellationToken = default)
    {
        var json = await _tool.RunAsync("ListFiles", Absolute(path), MaxListBytes, cancellationToken).ConfigureAwait(false);
        return Parse(json, FileJsonContext.Default.ListFileEntryJson, path).ConvertAll(static entry => entry.ToInfo());
    }

    /// <summary>Tells about a file, directory or link, which is not followed.</summary>
    /// <param name="path">Absolute path.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ModalFileNotFoundException">There is nothing of that name.</exception>
    /// <exception cref="ModalException">The operation failed otherwise.</exception>
    public async Task<ModalFileInfo> GetInfoAsync(string path, CancellationToken cancellationToken = default)
    {
        var json = await _tool.RunAsync("Stat", Absolute(path), MaxListBytes, cancellationToken).ConfigureAwait(false);
        return Parse(json, FileJsonContext.Default.FileEntryJson, path).ToInfo();
    }

    /// <summary>Whether there is a file, directory or link of that name.</summary>
    /// <param name="path">Absolute path.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ModalException">The operation failed.</exception>
    public async Task<bool> ExistsAsync(string path, CancellationToken cancellationToken = default)
    {
        try
        {
            await GetInfoAsync(path, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception exception) when (exception is ModalFileNotFoundException or ModalNotADirectoryException)
        {
            return false;
        }
    }

    /// <summary>Makes a directory.</summary>
    /// <param name="path">Absolute path.</param>
    /// <param name="createParents">Makes missing directories above it, and takes one that is there already. Default true.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ModalPathAlreadyExistsException">The path exists: as a file, or, without <paramref name="createParents"/>, at all.</exception>
    /// <exception cref="ModalFileNotFoundException">The directory above it is missing.</exception>
    /// <exception cref="ModalNotADirectoryException">A part of the path is a file.</exception>
    /// <exception cref="ModalException">The operation failed otherwise.</exception>
    public Task CreateDirectoryAsync(string path, bool createParents = true, CancellationToken cancellationToken = default) =>
        _tool.RunAsync("MakeDirectory", Absolute(path), MaxListBytes, cancellationToken, json => json.WriteBoolean("parents", createParents));

    /// <summary>Deletes a file, a link or a directory.</summary>
    /// <param name="path">Absolute path.</param>
    /// <param name="recursive">Deletes a directory with all that is in it. Default false: it must be empty.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ModalFileNotFoundException">There is nothing of that name.</exception>
    /// <exception cref="ModalDirectoryNotEmptyException">The directory is not empty.</exception>
    /// <exception cref="ModalException">The operation failed otherwise.</exception>
    public Task DeleteAsync(string path, bool recursive = false, CancellationToken cancellationToken = default) =>
        _tool.RunAsync("Remove", Absolute(path), MaxListBytes, cancellationToken, json => json.WriteBoolean("recursive", recursive));

    /// <summary>Copies a file of this computer into the sandbox; else as <see cref="WriteAllBytesAsync"/>.</summary>
    /// <param name="localPath">Path on this computer.</param>
    /// <param name="path">Absolute path in the sandbox.</param>
    /// <param name="cancellationToken">Gives up; the file in the sandbox is as it was, or complete.</param>
    /// <exception cref="IOException">The local file can't be read.</exception>
    public async Task CopyFromLocalAsync(string localPath, string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(localPath);
        Absolute(path);
        var source = new FileStream(localPath, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
        await using (source.ConfigureAwait(false))
        {
            await WriteAsync(path, source, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Copies a file of the sandbox to this computer, in the place of one that is there; makes missing directories.</summary>
    /// <param name="path">Absolute path in the sandbox.</param>
    /// <param name="localPath">Path on this computer.</param>
    /// <param name="cancellationToken">Gives up; the local file is as it was, or complete.</param>
    /// <exception cref="IOException">The local file can't be written.</exception>
    /// <exception cref="ModalFileException">As <see cref="ReadAllBytesAsync"/>.</exception>
    public async Task CopyToLocalAsync(string path, string localPath, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(localPath);
        var target = Path.GetFullPath(localPath);
        var source = await OpenReadAsync(path, cancellationToken).ConfigureAwait(false);
        await using (source.ConfigureAwait(false))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            var partial = $"{target}.{Guid.NewGuid():N}.partial";
            try
            {
                var file = new FileStream(partial, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.Asynchronous);
                await using (file.ConfigureAwait(false))
                {
                    await source.CopyToAsync(file, cancellationToken).ConfigureAwait(false);
                }

                File.Move(partial, target, overwrite: true);
            }
            catch
            {
                File.Delete(partial);
                throw;
            }
        }
    }

    private static string Absolute(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return path.StartsWith('/') ? path : throw ModalErrors.InvalidArgument($"The path '{path}' is not absolute; a path in a sandbox starts with '/'.");
    }

    private static T Parse<T>(byte[] json, JsonTypeInfo<T> type, string path)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new JsonException();
        }
        catch (JsonException exception)
        {
            throw new ModalFileException(path, $"The sandbox answered about '{path}' with something that is not understood.", exception);
        }
    }

    /// <summary>The first bytes, or none where the file is empty or the operation failed; a start that fails ends the wait.</summary>
    private static async Task<ReadOnlyMemory<byte>> ReadFirstAsync(ExecHandle exec, ExecOutputReader reader, CancellationToken cancellationToken)
    {
        using var lifetime = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var first = reader.ReadAsync(lifetime.Token).AsTask();
        try
        {
            await exec.Started.WaitAsync(cancellationToken).ConfigureAwait(false);
            return await first.ConfigureAwait(false);
        }
        finally
        {
            await lifetime.CancelAsync().ConfigureAwait(false);
            await ((Task)first).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task RefusedByExit(Task upload, Task<int> exit)
    {
        try
        {
            await upload.ConfigureAwait(false);
        }
        catch (ModalException exception) when (exception.Code is ModalErrorCode.SandboxEnded or ModalErrorCode.Conflict)
        {
            // Input that is refused because the program has ended: a moment later its exit code is there.
            var grace = await Task.WhenAny(exit, Task.Delay(TimeSpan.FromSeconds(5))).ConfigureAwait(false);
            if (grace != exit)
            {
                throw;
            }
        }
    }
}
