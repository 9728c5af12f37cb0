namespace ModalAI;

/// <summary>
/// A sandbox as a shell shows it, for code that works in it without a model: command lines that run in a working directory, and files whose paths may be
/// relative to that. Thread-safe.
/// </summary>
/// <remarks>
/// <para>
/// Paths are absolute or relative to <see cref="WorkingDirectory"/>; <c>.</c> and <c>..</c> in them are taken away by their text, before links are looked
/// at. Links are followed, but by <see cref="DeleteAsync"/>, which removes the link.
/// </para>
/// <para>
/// There is no state from one call to the next but the sandbox's files: a directory that a command changes to, or a variable that it sets, ends with the
/// command.
/// </para>
/// </remarks>
public interface IModalSandboxShell
{
    /// <summary>Where commands run and relative paths start: an absolute path.</summary>
    string WorkingDirectory { get; }

    /// <summary>The absolute path that a path stands for. Nothing is asked of the sandbox.</summary>
    /// <param name="path">A path, absolute or relative.</param>
    string GetFullPath(string path);

    /// <summary>Runs a command line with <c>/bin/sh -c</c>; else as <see cref="ExecuteAsync(ModalCommand, CancellationToken)"/>.</summary>
    /// <param name="commandLine">The command line.</param>
    /// <param name="cancellationToken">Kills the command, with all that it has started, and throws.</param>
    Task<ModalCommandResult> ExecuteAsync(string commandLine, CancellationToken cancellationToken = default);

    /// <summary>
    /// Runs a command to its end, such as <c>ModalCommand.Shell("make") with { Timeout = TimeSpan.FromMinutes(5) }</c>, as <see
    /// cref="ModalSandbox.ExecuteAsync(ModalCommand, CancellationToken)"/> does. The environment is the sandbox's own: no login shell changes it.
    /// </summary>
    /// <param name="command">The command; its working directory may be relative.</param>
    /// <param name="cancellationToken">Kills the command, with all that it has started, and throws.</param>
    /// <returns>Its exit code and output, also where its time limit ended it. An exit code other than zero is no exception.</returns>
    /// <exception cref="ModalException">The command is invalid, the sandbox has ended, or Modal can't be reached.</exception>
    Task<ModalCommandResult> ExecuteAsync(ModalCommand command, CancellationToken cancellationToken = default);

    /// <summary>Reads a whole file of UTF-8 text; invalid bytes are replaced, a byte order mark is left out.</summary>
    /// <param name="path">Path of a file.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="ModalFileException">As <see cref="ReadAllBytesAsync"/>.</exception>
    Task<string> ReadAllTextAsync(string path, CancellationToken cancellationToken = default);

    /// <summary>Reads a whole file.</summary>
    /// <param name="path">Path of a file.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="ModalFileNotFoundException">There is no such file.</exception>
    /// <exception cref="ModalIsADirectoryException">The path is a directory.</exception>
    /// <exception cref="ModalFileTooLargeException">The file has more than <see cref="ModalSandboxFiles.DefaultMaxBytes"/>.</exception>
    /// <exception cref="ModalException">The operation failed otherwise.</exception>
    Task<byte[]> ReadAllBytesAsync(string path, CancellationToken cancellationToken = default);

    /// <summary>Writes a file of UTF-8 text without a byte order mark; else as <see cref="WriteAllBytesAsync"/>.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="content">The text.</param>
    /// <param name="cancellationToken">Gives up; the file is as it was, or complete.</param>
    Task WriteAllTextAsync(string path, string content, CancellationToken cancellationToken = default);

    /// <summary>
    /// Writes a file, in the place of one that is there; makes missing directories. Where the path is a link, the file that it leads to is written. Costs
    /// a round trip more than <see cref="ModalSandboxFiles.WriteAllBytesAsync"/>, which replaces links; what that says of permissions holds here too.
    /// </summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="content">What it is to hold.</param>
    /// <param name="cancellationToken">Gives up; the file is as it was, or complete.</param>
    /// <exception cref="ModalIsADirectoryException">The path is a directory.</exception>
    /// <exception cref="ModalNotADirectoryException">A part of the path is a file.</exception>
    /// <exception cref="ModalException">The operation failed otherwise.</exception>
    Task WriteAllBytesAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default);

    /// <summary>Tells about a file or directory. Links are followed, each for a round trip.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>
    /// What the path leads to, under the name and path that it was asked for by. <see cref="ModalFileInfo.LinkTarget"/> is not null where the path itself
    /// is a link.
    /// </returns>
    /// <exception cref="ModalFileNotFoundException">There is nothing of that name, or the link leads nowhere.</exception>
    /// <exception cref="ModalException">The operation failed otherwise.</exception>
    Task<ModalFileInfo> GetInfoAsync(string path, CancellationToken cancellationToken = default);

    /// <summary>The names of what is in a directory, sorted.</summary>
    /// <param name="path">Path of a directory.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ModalFileNotFoundException">There is no such directory.</exception>
    /// <exception cref="ModalNotADirectoryException">The path is a file.</exception>
    /// <exception cref="ModalException">The operation failed otherwise.</exception>
    Task<IReadOnlyList<string>> ListAsync(string path, CancellationToken cancellationToken = default);

    /// <summary>Whether a path leads to a file or directory: not where it can't be reached, nor where it is a link that leads nowhere.</summary>
    /// <param name="path">The path.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ModalException">The sandbox could not be asked, or not tell.</exception>
    Task<bool> ExistsAsync(string path, CancellationToken cancellationToken = default);

    /// <summary>Makes a directory.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="recursive">Makes missing directories above it, and takes one that is there already. Default false.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ModalPathAlreadyExistsException">The path exists: as a file, or, without <paramref name="recursive"/>, at all.</exception>
    /// <exception cref="ModalFileNotFoundException">The directory above it is missing.</exception>
    /// <exception cref="ModalException">The operation failed otherwise.</exception>
    Task CreateDirectoryAsync(string path, bool recursive = false, CancellationToken cancellationToken = default);

    /// <summary>Deletes a file, a link or a directory.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="recursive">Deletes a directory with all that is in it. Default false: it must be empty.</param>
    /// <param name="force">Does nothing where there is nothing of that name. Default false.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ArgumentException">It is the working directory, or one above it.</exception>
    /// <exception cref="ModalFileNotFoundException">There is nothing of that name.</exception>
    /// <exception cref="ModalDirectoryNotEmptyException">The directory is not empty.</exception>
    /// <exception cref="ModalException">The operation failed otherwise.</exception>
    Task DeleteAsync(string path, bool recursive = false, bool force = false, CancellationToken cancellationToken = default);
}
