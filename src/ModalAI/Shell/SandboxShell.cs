using ModalAI.Configuration;

namespace ModalAI.Shell;

/// <summary>A shell over a sandbox's commands and files.</summary>
internal sealed class SandboxShell : IModalSandboxShell
{
    /// <summary>As many links one after the other as Linux follows.</summary>
    private const int MaxLinks = 40;

    private readonly Func<ModalSandbox> _sandbox;

    /// <param name="sandbox">Gets the sandbox of the moment.</param>
    /// <param name="workingDirectory">Absolute path.</param>
    public SandboxShell(Func<ModalSandbox> sandbox, string workingDirectory)
    {
        ArgumentException.ThrowIfNullOrEmpty(workingDirectory);
        if (!workingDirectory.StartsWith('/'))
        {
            throw new ArgumentException($"The working directory '{workingDirectory}' is not absolute; it must start with '/'.", nameof(workingDirectory));
        }

        _sandbox = sandbox;
        WorkingDirectory = Normalize(workingDirectory);
    }

    public string WorkingDirectory { get; }

    private ModalSandboxFiles Files => _sandbox().Files;

    public string GetFullPath(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Normalize(path.StartsWith('/') ? path : $"{WorkingDirectory}/{path}");
    }

    public Task<ModalCommandResult> ExecuteAsync(string commandLine, CancellationToken cancellationToken = default) =>
        ExecuteAsync(ModalCommand.Shell(commandLine), cancellationToken);

    public Task<ModalCommandResult> ExecuteAsync(ModalCommand command, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(command);
        var directory = command.WorkingDirectory is { } given ? GetFullPath(given) : WorkingDirectory;
        return _sandbox().ExecuteAsync(command with { WorkingDirectory = directory }, cancellationToken);
    }

    public Task<string> ReadAllTextAsync(string path, CancellationToken cancellationToken = default) =>
        Files.ReadAllTextAsync(GetFullPath(path), cancellationToken: cancellationToken);

    public Task<byte[]> ReadAllBytesAsync(string path, CancellationToken cancellationToken = default) =>
        Files.ReadAllBytesAsync(GetFullPath(path), cancellationToken: cancellationToken);

    public async Task WriteAllTextAsync(string path, string content, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        var end = await FollowAsync(GetFullPath(path), cancellationToken).ConfigureAwait(false);
        await Files.WriteAllTextAsync(end.Path, content, cancellationToken).ConfigureAwait(false);
    }

    public async Task WriteAllBytesAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        var end = await FollowAsync(GetFullPath(path), cancellationToken).ConfigureAwait(false);
        await Files.WriteAllBytesAsync(end.Path, content, cancellationToken).ConfigureAwait(false);
    }

    public async Task<ModalFileInfo> GetInfoAsync(string path, CancellationToken cancellationToken = default)
    {
        var asked = GetFullPath(path);
        var end = await FollowAsync(asked, cancellationToken).ConfigureAwait(false);
        return end.Info is { } info
            ? info with { Name = asked == "/" ? "/" : asked[(asked.LastIndexOf('/') + 1)..], Path = asked, LinkTarget = end.LinkTarget }
            : throw new ModalFileNotFoundException(
                asked, $"There is nothing at {end.Path}{(end.LinkTarget is null ? "" : $", where the link {asked} leads to")}.");
    }

    public async Task<IReadOnlyList<string>> ListAsync(string path, CancellationToken cancellationToken = default) =>
        [.. (await Files.ListAsync(GetFullPath(path), cancellationToken).ConfigureAwait(false)).Select(static entry => entry.Name)];

    public async Task<bool> ExistsAsync(string path, CancellationToken cancellationToken = default)
    {
        try
        {
            return (await FollowAsync(GetFullPath(path), cancellationToken).ConfigureAwait(false)).Info is not null;
        }
        catch (ModalFileException exception) when (exception is ModalFileNotFoundException or ModalNotADirectoryException or ModalFilePermissionException)
        {
            return false;
        }
    }

    public Task CreateDirectoryAsync(string path, bool recursive = false, CancellationToken cancellationToken = default) =>
        Files.CreateDirectoryAsync(GetFullPath(path), recursive, cancellationToken);

    public async Task DeleteAsync(string path, bool recursive = false, bool force = false, CancellationToken cancellationToken = default)
    {
        var deleted = GetFullPath(path);
        if (ModalPaths.IsAtOrBelow(WorkingDirectory, deleted))
        {
            throw new ArgumentException($"'{path}' is not deleted: the working directory {WorkingDirectory} is in it.", nameof(path));
        }

        try
        {
            await Files.DeleteAsync(deleted, recursive, cancellationToken).ConfigureAwait(false);
        }
        catch (ModalFileNotFoundException) when (force)
        {
        }
    }

    private static string Normalize(string path)
    {
        var parts = new List<string>();
        foreach (var part in path.Split('/'))
        {
            if (part == "..")
            {
                parts.RemoveRange(Math.Max(parts.Count - 1, 0), Math.Min(parts.Count, 1));
            }
            else if (part is not ("" or "."))
            {
                parts.Add(part);
            }
        }

        return $"/{string.Join('/', parts)}";
    }

    /// <summary>Goes from link to link: Modal's file program tells of links themselves, and would replace one that is written to.</summary>
    /// <param name="path">Absolute path.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Where the path leads to, what is there, or null, and what the first link says, or null where the path is none.</returns>
    /// <exception cref="ModalFileNotFoundException">Links go round in a circle.</exception>
    private async Task<(string Path, ModalFileInfo? Info, string? LinkTarget)> FollowAsync(string path, CancellationToken cancellationToken)
    {
        var files = Files;
        var place = path;
        string? linkTarget = null;
        for (var links = 0; links <= MaxLinks; links++)
        {
            ModalFileInfo info;
            try
            {
                info = await files.GetInfoAsync(place, cancellationToken).ConfigureAwait(false);
            }
            catch (ModalFileNotFoundException)
            {
                return (place, null, linkTarget);
            }

            if (info is not { Type: ModalFileType.SymbolicLink, LinkTarget: { Length: > 0 } target })
            {
                return (place, info, linkTarget);
            }

            linkTarget ??= target;

            // Not normalised: what '..' leads to from here is for the sandbox to say, which follows the links on the way.
            place = target.StartsWith('/') ? target : $"{place[..place.LastIndexOf('/')]}/{target}";
        }

        throw new ModalFileNotFoundException(path, $"{path} is a link that leads through more than {MaxLinks} others, or round in a circle.");
    }
}
