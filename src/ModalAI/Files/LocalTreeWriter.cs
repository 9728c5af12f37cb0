using System.Buffers;

namespace ModalAI.Files;

/// <summary>
/// Writes entries of an archive that a sandbox has made below a folder of this computer, and nowhere else: names that lead out are refused, and nothing is written
/// through a link, not even through one that was there before.
/// </summary>
internal sealed class LocalTreeWriter(string root, long maxBytes)
{
    private const int MaxPathLength = 4096;
    private const int MaxEntries = 1_000_000;

    /// <summary>Read, write and enter for the owner: without them a directory cannot be filled.</summary>
    private const int OwnerAll = 0x1C0;
    private const int AllPermissions = 0x1FF;
    private const int BufferSize = 128 * 1024;

    /// <summary>What is kept in memory for the end.</summary>
    private const int MaxKeptCharacters = 16 * 1024 * 1024;

    private readonly List<(string Path, int Mode)> _closedDirectories = [];
    private string _checked = "";
    private int _keptCharacters;
    private int _entries;
    private long _written;

    /// <summary>Whether writing ended because the files are longer than the limit.</summary>
    public bool IsTooLarge { get; private set; }

    /// <exception cref="InvalidDataException">The entry's name, or where it leads, cannot be taken.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    public async Task WriteAsync(TarEntry entry, TarReader content, CancellationToken cancellationToken)
    {
        if (++_entries > MaxEntries)
        {
            throw new InvalidDataException($"The directory has more than {MaxEntries} entries.");
        }

        var parts = Split(entry.Name);
        switch (entry.Type)
        {
            case TarEntryType.Directory:
                MakeDirectory(parts, entry.Mode & AllPermissions);
                break;
            case TarEntryType.File when parts.Length > 0:
                await WriteFileAsync(Prepare(parts), entry, content, cancellationToken).ConfigureAwait(false);
                break;
            case TarEntryType.HardLink when parts.Length > 0:
                CopyFile(Prepare(parts), entry);
                break;
            case TarEntryType.SymbolicLink when parts.Length > 0:
                MakeLink(Prepare(parts), entry.LinkTarget);
                break;
            case TarEntryType.Other:
                // Devices and named pipes mean nothing outside of the sandbox.
                break;
            default:
                throw new InvalidDataException("The archive holds something in the place of the directory itself.");
        }
    }

    /// <summary>Gives directories the permissions that would have been in the way, innermost first.</summary>
    public void Finish()
    {
        for (var i = _closedDirectories.Count - 1; i >= 0; i--)
        {
            SetMode(_closedDirectories[i].Path, _closedDirectories[i].Mode);
        }
    }

    private static string[] Split(string name)
    {
        var parts = name.Split('/').Where(static part => part is not ("" or ".")).ToArray();
        if (name.StartsWith('/') || name.Length > MaxPathLength || parts.Any(static part => part == ".." || part.Contains('\0')) || (OperatingSystem.IsWindows() && parts.Any(IsNoWindowsName)))
        {
            throw new InvalidDataException($"The archive holds a path that cannot be taken: '{(name.Length > 200 ? name[..200] + "..." : name)}'.");
        }

        return parts;
    }

    /// <summary>Names that Windows would take for something else.</summary>
    private static bool IsNoWindowsName(string part) => part.IndexOfAny(Path.GetInvalidFileNameChars()) >= 0 || part[^1] is '.' or ' ';

    private static bool IsLink(string path) => new FileInfo(path).LinkTarget is not null;

    private static void RemoveLink(string path)
    {
        if (OperatingSystem.IsWindows() && Directory.Exists(path))
        {
            Directory.Delete(path);
        }
        else
        {
            File.Delete(path);
        }
    }

    private static void SetMode(string path, int mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, (UnixFileMode)mode);
        }
    }

    /// <summary>A file that others may not read before its own permissions are known to let them.</summary>
    private static FileStreamOptions PartialOptions()
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return options;
    }

    private static string PartialBeside(string path) => Path.Join(Path.GetDirectoryName(path), $".{Guid.NewGuid():N}.partial");

    /// <summary>The local path of an entry, in a directory that is one.</summary>
    private string Prepare(string[] parts)
    {
        var path = Path.Join(CheckDirectory(parts.AsSpan()[..^1]), parts[^1]);
        return !Directory.Exists(path) || IsLink(path)
            ? path
            : throw new IOException($"'{path}' is a folder, in whose place the sandbox has something else. Remove it, or take another target.");
    }

    /// <summary>Makes sure that a directory and all above it, up to the root, are directories of their own: what else is there gives way.</summary>
    private string CheckDirectory(ReadOnlySpan<string> parts)
    {
        var whole = Path.Join(root, Path.Join(parts));
        if (parts.Length == 0 || whole == _checked)
        {
            return parts.Length == 0 ? root : whole;
        }

        var path = root;
        foreach (var part in parts)
        {
            path = Path.Join(path, part);
            if (IsLink(path))
            {
                RemoveLink(path);
            }
            else if (File.Exists(path))
            {
                File.Delete(path);
            }

            Directory.CreateDirectory(path);
        }

        _checked = path;
        return path;
    }

    private void MakeDirectory(string[] parts, int mode)
    {
        if (parts.Length == 0)
        {
            return;
        }

        var path = CheckDirectory(parts);
        if ((mode & OwnerAll) == OwnerAll)
        {
            SetMode(path, mode);
            return;
        }

        SetMode(path, mode | OwnerAll);
        _keptCharacters += path.Length;
        if (_keptCharacters > MaxKeptCharacters)
        {
            throw new InvalidDataException("The archive holds too many directories that their owner may not write to.");
        }

        _closedDirectories.Add((path, mode));
    }

    private async Task WriteFileAsync(string path, TarEntry entry, TarReader content, CancellationToken cancellationToken)
    {
        Count(entry.Size);
        var partial = PartialBeside(path);
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(BufferSize, Math.Max(1, entry.Size)));
        try
        {
            using (var stream = new FileStream(partial, PartialOptions()))
            {
                var file = stream.SafeFileHandle;
                long offset = 0;
                while (await content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is var count and > 0)
                {
                    await RandomAccess.WriteAsync(file, buffer.AsMemory(0, count), offset, cancellationToken).ConfigureAwait(false);
                    offset += count;
                }

                if (!OperatingSystem.IsWindows())
                {
                    File.SetUnixFileMode(file, (UnixFileMode)(entry.Mode & AllPermissions));
                }

                File.SetLastWriteTimeUtc(file, entry.ModifiedAt.UtcDateTime);
            }

            File.Move(partial, path, overwrite: true);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Another name of a file that came before becomes a file of its own.</summary>
    private void CopyFile(string path, TarEntry entry)
    {
        var parts = Split(entry.LinkTarget);
        var source = root;
        foreach (var part in parts)
        {
            source = Path.Join(source, part);
            if (IsLink(source))
            {
                throw new InvalidDataException($"The archive holds a second name of '{entry.LinkTarget}', to which a link leads.");
            }
        }

        if (!File.Exists(source))
        {
            throw new InvalidDataException($"The archive holds a second name of '{entry.LinkTarget}', which is no file of it.");
        }

        Count(new FileInfo(source).Length);
        var partial = PartialBeside(path);
        try
        {
            File.Copy(source, partial);
            File.Move(partial, path, overwrite: true);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }

    private static void MakeLink(string path, string target)
    {
        if (target.Length is 0 or > MaxPathLength || target.Contains('\0'))
        {
            throw new InvalidDataException("The archive holds a link that leads nowhere.");
        }

        // A link has no content that could be half there, and .NET moves none that leads to a folder or nowhere.
        RemoveLink(path);
        File.CreateSymbolicLink(path, target);
    }

    private void Count(long bytes)
    {
        _written += bytes;
        if (_written > maxBytes)
        {
            IsTooLarge = true;
            throw new InvalidDataException($"The files are longer than the {maxBytes} bytes that are taken.");
        }
    }
}
