using System.Text;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using ModalAI.Emulator.FileSystem;
using ModalAI.Emulator.Isolation;
using ModalAI.Emulator.Isolation.Native;
using ModalAI.Emulator.Server;

namespace ModalAI.Emulator.Sandboxes;

/// <summary>Directories of a container that are looked at, or mounted on, from outside.</summary>
internal sealed partial class SandboxContainer
{
    /// <summary>Opens a directory to read all that is in it.</summary>
    /// <exception cref="RpcFailedException">It is none, or its files are the kernel's own.</exception>
    public SafeFileHandle OpenDirectory(string path)
    {
        try
        {
            var directory = FileTools.OpenDirectory(path);
            if (!FileSystemKind.IsKernels(directory))
            {
                return directory;
            }

            directory.Dispose();
            throw RpcFailedException.InvalidArgument($"'{path}' cannot be snapshotted: its files are the kernel's own.");
        }
        catch (FileSystemException exception)
        {
            throw exception.Kind == ErrorKind.NotFound
                ? RpcFailedException.NotFound($"There is no directory '{path}' in the sandbox.")
                : RpcFailedException.InvalidArgument($"'{path}' cannot be snapshotted: {exception.Message}");
        }
    }

    /// <summary>Mounts an image, null for an empty directory, at a path that is made where it is missing.</summary>
    public async Task MountAsync(string path, ImageContent? content, CancellationToken cancellationToken)
    {
        var argument = JsonSerializer.Serialize(new { MakeDirectory = new { path, parents = true } });
        using var error = new MemoryStream();
        if (await FileTools.RunAsync(argument, Stream.Null, Stream.Null, error, cancellationToken).ConfigureAwait(false) != 0)
        {
            throw RpcFailedException.InvalidArgument($"The directory '{path}' could not be made: {Encoding.UTF8.GetString(error.ToArray()).Trim()}");
        }

        await TranslateAsync(Isolated.MountImageAsync(path, content, cancellationToken)).ConfigureAwait(false);
    }

    public Task UnmountAsync(string path, CancellationToken cancellationToken) => TranslateAsync(Isolated.UnmountImageAsync(path, cancellationToken));

    private static async Task TranslateAsync(Task task)
    {
        try
        {
            await task.ConfigureAwait(false);
        }
        catch (MountException exception)
        {
            throw exception.Failure switch
            {
                MountFailure.Path => RpcFailedException.InvalidArgument(exception.Message),
                MountFailure.SandboxGone => RpcFailedException.NotFound(exception.Message),
                _ => RpcFailedException.FailedPrecondition(exception.Message),
            };
        }
    }
}
