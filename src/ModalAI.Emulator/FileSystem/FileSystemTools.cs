using System.Buffers;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace ModalAI.Emulator.FileSystem;

/// <summary>
/// Does what the program does that Modal puts into each sandbox for the SDKs' file operations, but from outside: no process is started,
/// and nothing is reached that the sandbox's own root user could not reach.
/// </summary>
/// <remarks>
/// Create it while the process that <paramref name="rootDirectory"/> names is known to be alive, and dispose it with the sandbox: it holds
/// the directory open. Safe for use by many threads; operations that are under way finish when it is disposed.
/// </remarks>
/// <param name="rootDirectory">The sandbox's root, such as <c>/proc/1234/root</c>.</param>
/// <param name="rootOwner">The ids that the sandbox's root user has on this computer; new files are that user's.</param>
internal sealed class FileSystemTools(string rootDirectory, (uint UserId, uint GroupId) rootOwner) : IDisposable
{
    /// <summary>The first word of a command that is an operation of this class.</summary>
    public const string ProgramPath = "/__modal/.bin/modal-sandbox-fs-tools";

    /// <summary>Each has a thread, and an inotify instance, of which the kernel grants a user 128 by default.</summary>
    private const int MaximumWatches = 32;

    private readonly SandboxRoot _root = new(rootDirectory, rootOwner);
    private int _watches;

    /// <summary>Runs one operation as the program would and gives its exit code.</summary>
    /// <param name="argument">The program's one argument.</param>
    /// <param name="input">The bytes to write, or the end of a watch; other operations leave it alone.</param>
    /// <param name="output">Takes the bytes of a file that is read, or entries in JSON.</param>
    /// <param name="error">Takes the error in JSON if the exit code is not 0; <paramref name="output"/> can hold a beginning then.</param>
    /// <param name="cancellationToken">Ends the operation early; a file that is being written stays as it was.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled. Failures of the streams come through as they are, too.</exception>
    public Task<int> RunAsync(string argument, Stream input, Stream output, Stream error, CancellationToken cancellationToken) =>
        Task.Run(() => RunCoreAsync(argument, input, output, error, cancellationToken), cancellationToken);

    /// <summary>Opens a directory to read what is in it, as far as the sandbox's root may.</summary>
    /// <exception cref="FileSystemException">It is none, or the root, or may not be read.</exception>
    public SafeFileHandle OpenDirectory(string path)
    {
        using (_root.Enter())
        {
            using var root = _root.Open(new SandboxPath("/"), Syscalls.PathOnly | Syscalls.Directory);
            using var directory = _root.Open(new SandboxPath(path), Syscalls.PathOnly | Syscalls.Directory);
            var status = SandboxRoot.GetStatus(directory);
            return status.IsSameFile(SandboxRoot.GetStatus(root))
                ? throw new FileSystemException(ErrorKind.NotSupported, "The path is the root of the sandbox")
                : _root.OpenToRead(directory, status, Syscalls.Directory);
        }
    }

    public void Dispose() => _root.Dispose();

    private async Task<int> RunCoreAsync(string argument, Stream input, Stream output, Stream error, CancellationToken cancellationToken)
    {
        try
        {
            await RunAsync(FileSystemRequest.Parse(argument), input, output, cancellationToken).ConfigureAwait(false);
            return 0;
        }
        catch (FileSystemException exception)
        {
            await error.WriteAsync(ToJson(exception), cancellationToken).ConfigureAwait(false);
            return 1;
        }
    }

    private Task RunAsync(FileSystemRequest request, Stream input, Stream output, CancellationToken cancellationToken)
    {
        switch (request.Operation)
        {
            case "ReadFile":
                return FileReader.ReadAsync(_root, request.Path, output, cancellationToken);
            case "WriteFile":
                return FileWriter.WriteAsync(_root, request.Path, input, cancellationToken);
            case "ListFiles":
                return DirectoryLister.ListAsync(_root, request.Path, output, cancellationToken);
            case "Stat":
                return DirectoryLister.StatAsync(_root, request.Path, output, cancellationToken);
            case "MakeDirectory":
                using (_root.Enter())
                {
                    DirectoryMaker.Make(_root, request.Path, request.Parents);
                }

                return Task.CompletedTask;
            case "Remove":
                using (_root.Enter())
                {
                    TreeRemover.Remove(_root, request.Path, request.Recursive, cancellationToken);
                }

                return Task.CompletedTask;
            case "Watch":
                return WatchAsync(request, input, output, cancellationToken);
            default:
                throw new FileSystemException(
                    ErrorKind.NotSupported,
                    $"The emulator does not do the file operation '{request.Operation}', only "
                    + "ReadFile, WriteFile, ListFiles, Stat, MakeDirectory, Remove and Watch");
        }
    }

    private async Task WatchAsync(FileSystemRequest request, Stream input, Stream output, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _watches) > MaximumWatches)
        {
            Interlocked.Decrement(ref _watches);
            throw new FileSystemException(ErrorKind.Io, $"The sandbox has {MaximumWatches} watches already; end one of them first");
        }

        try
        {
            var options = new WatchOptions(request.Recursive, request.Filter, request.Timeout);
            await FileWatcher.WatchAsync(_root, request.Path, options, input, output, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _watches);
        }
    }

    private static ReadOnlyMemory<byte> ToJson(FileSystemException exception)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("error_kind"u8, exception.Kind.ToString());
            json.WriteString("message"u8, exception.Message);
            json.WriteString("detail"u8, exception.Detail);
            json.WriteNumber("version"u8, 1);
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }
}
