using System.IO.Pipelines;
using ModalAI.Files;
using ModalAI.Sandboxes;

namespace ModalAI;

/// <summary>Whole directories, as one archive each way.</summary>
public sealed partial class ModalSandboxFiles
{
    /// <summary>The most that <see cref="CopyDirectoryToLocalAsync"/> takes by default: 10 GiB.</summary>
    public const long DefaultMaxDirectoryBytes = 10L * 1024 * 1024 * 1024;

    private const string MakeAndUnpack = "mkdir -p -- \"$1\" && exec tar -C \"$1\" -xpf -";
    private const int MaxSaidBytes = 16 * 1024;
    private const int ProgramMissing = 127;

    /// <summary>
    /// Copies what is in a directory of the sandbox, with all that is below it, into a folder of this computer: bytes, permissions, times of files, empty directories, and links as links,
    /// wherever they lead. It is one command in the sandbox, which needs <c>tar</c> (BusyBox will do), whatever the number of files.
    /// </summary>
    /// <remarks>
    /// <para>
    /// What the folder has beside that stays; a file or link that has the name of something that is copied is replaced. Nothing is written outside of the folder, whatever the sandbox
    /// sends: names that lead out are refused, and nothing is written through links. Links are kept as the sandbox has them, so whoever follows one later may be led out of the folder.
    /// </para>
    /// <para>Devices, named pipes and sockets are left out. Owners are not kept, nor are set-user-id and such bits; a second name of a file becomes a file.</para>
    /// <para>After a failure or a cancellation, files that were copied before stay, each complete.</para>
    /// </remarks>
    /// <param name="path">Absolute path of a directory in the sandbox.</param>
    /// <param name="localPath">Folder on this computer; made when it is missing.</param>
    /// <param name="maxBytes">The most bytes to take, 512 or more for each entry included.</param>
    /// <param name="cancellationToken">Gives up; no file is left half-written.</param>
    /// <exception cref="ModalFileNotFoundException">There is no such directory.</exception>
    /// <exception cref="ModalNotADirectoryException">The path is a file.</exception>
    /// <exception cref="ModalFileTooLargeException">There is more than <paramref name="maxBytes"/>.</exception>
    /// <exception cref="ModalFileException">The sandbox has no <c>tar</c>, could not read all files, or sent what cannot be taken.</exception>
    /// <exception cref="IOException">The local folder can't be written.</exception>
    public async Task CopyDirectoryToLocalAsync(
        string path, string localPath, long maxBytes = DefaultMaxDirectoryBytes, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(localPath);
        ArgumentOutOfRangeException.ThrowIfNegative(maxBytes);
        var target = Path.GetFullPath(localPath);
        var command = ModalCommand.Create("tar", "-C", Absolute(path), "-cf", "-", ".") with { Timeout = Timeout.InfiniteTimeSpan };
        var process = await _commands.StartProcessAsync(command, cancellationToken).ConfigureAwait(false);
        await using (process.ConfigureAwait(false))
        {
            try
            {
                await UnpackAsync(process, path, target, maxBytes, cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                // Nobody reads what it still writes.
                _commands.Background.Add(_commands.Killer.KillAbandonedAsync(new ExecHandle(process.Id, Task.CompletedTask)));
                throw;
            }
        }
    }

    /// <summary>
    /// Copies what is in a folder of this computer, with all that is below it, into a directory of the sandbox: bytes, permissions, times, empty directories, and links as links. It is one
    /// command in the sandbox, which needs <c>sh</c> and <c>tar</c> (BusyBox will do), whatever the number of files.
    /// </summary>
    /// <remarks>
    /// What the directory has beside that stays; a file of the same name is replaced. Everything belongs to root. Local devices, named pipes and sockets become empty files. After a failure or a
    /// cancellation, what was copied before stays, and the file that was being copied may be incomplete.
    /// </remarks>
    /// <param name="localPath">Folder on this computer.</param>
    /// <param name="path">Absolute path of a directory in the sandbox; made when it is missing.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such local folder.</exception>
    /// <exception cref="IOException">A local file can't be read, or became shorter meanwhile.</exception>
    /// <exception cref="ModalFileException">The sandbox has no <c>tar</c>, or could not write a file.</exception>
    public async Task CopyDirectoryFromLocalAsync(string localPath, string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(localPath);
        var source = new DirectoryInfo(Path.GetFullPath(localPath));
        var command = ModalCommand.Create("/bin/sh", "-c", MakeAndUnpack, "sh", Absolute(path));
        if (!source.Exists)
        {
            throw new DirectoryNotFoundException($"There is no folder '{source.FullName}'.");
        }

        var archive = new Pipe(new PipeOptions(pauseWriterThreshold: 1024 * 1024, resumeWriterThreshold: 512 * 1024, useSynchronizationContext: false));
        using var packing = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var packed = PackAsync(source, archive.Writer, packing.Token);
        var input = archive.Reader.AsStream();
        await using (input.ConfigureAwait(false))
        {
            ModalCommandResult result;
            try
            {
                result = await _commands.ExecuteAsync(
                    command with { StandardInput = input, Timeout = Timeout.InfiniteTimeSpan, MaxOutputBytes = MaxSaidBytes }, cancellationToken).ConfigureAwait(false);
            }
            catch when (packed.IsFaulted)
            {
                // What could not be read here goes before what became of that there.
                await packed.ConfigureAwait(false);
                throw;
            }
            finally
            {
                await packing.CancelAsync().ConfigureAwait(false);
                await packed.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            if (result.ExitCode != 0)
            {
                throw Failed(path, result.ExitCode, result.StandardError);
            }
        }
    }

    private static ModalFileException Failed(string path, int exitCode, string said) => new(
        path,
        exitCode == ProgramMissing
            ? $"Copying the directory '{path}' needs the program tar in the sandbox: {said.Trim()}"
            : $"Copying the directory '{path}' failed in the sandbox with exit code {exitCode}: {said.Trim()}");

    private static async Task PackAsync(DirectoryInfo source, PipeWriter archive, CancellationToken cancellationToken)
    {
        try
        {
            var output = archive.AsStream(leaveOpen: true);
            await new LocalTreeReader(new TarWriter(output), output).WriteAsync(source, cancellationToken).ConfigureAwait(false);
            await archive.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // An end would make the archive look complete.
            await archive.CompleteAsync(exception).ConfigureAwait(false);
            throw;
        }
    }

    private async Task UnpackAsync(ModalProcess process, string path, string target, long maxBytes, CancellationToken cancellationToken)
    {
        var reader = new TarReader(process.StandardOutput, maxBytes);
        var tree = new LocalTreeWriter(target, maxBytes);
        using var lifetime = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var said = ReadSaidAsync(process.StandardError, lifetime.Token);
        try
        {
            while (await reader.ReadEntryAsync(cancellationToken).ConfigureAwait(false) is { } entry)
            {
                Directory.CreateDirectory(target);
                await tree.WriteAsync(entry, reader, cancellationToken).ConfigureAwait(false);
            }

            tree.Finish();
            if (await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false) is var exitCode and not 0)
            {
                // Where the directory itself is the fault, this says so.
                await ListAsync(path, cancellationToken).ConfigureAwait(false);
                throw Failed(path, exitCode, await said.ConfigureAwait(false));
            }
        }
        catch (InvalidDataException exception)
        {
            throw reader.IsTooLarge || tree.IsTooLarge
                ? new ModalFileTooLargeException(path, $"The directory '{path}' is not taken whole. {exception.Message}")
                : new ModalFileException(path, $"The directory '{path}' cannot be taken as the sandbox sent it. {exception.Message}", exception);
        }
        finally
        {
            await lifetime.CancelAsync().ConfigureAwait(false);
            await ((Task)said).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task<string> ReadSaidAsync(Stream stream, CancellationToken cancellationToken)
    {
        var said = new BoundedOutput(MaxSaidBytes);
        var buffer = new byte[4096];
        while (await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is var count and > 0)
        {
            said.Append(buffer.AsSpan(0, count));
        }

        return said.GetText();
    }
}
