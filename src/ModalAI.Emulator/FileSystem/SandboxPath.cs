using System.Text;

namespace ModalAI.Emulator.FileSystem;

/// <summary>An absolute path inside a sandbox, taken apart by text alone; links and <c>..</c> are the kernel's to resolve.</summary>
internal sealed class SandboxPath
{
    private readonly string _trimmed;

    /// <exception cref="FileSystemException">The path is not absolute, or holds a NUL.</exception>
    public SandboxPath(string text)
    {
        if (!text.StartsWith('/'))
        {
            throw new FileSystemException(ErrorKind.Io, "The path is not absolute: paths in a sandbox start with '/'");
        }

        if (text.Contains('\0', StringComparison.Ordinal))
        {
            throw new FileSystemException(ErrorKind.Io, "The path contains a NUL character, which no file name can");
        }

        Text = text;
        _trimmed = text.TrimEnd('/');
    }

    public string Text { get; }

    public bool IsRoot => _trimmed.Length == 0;

    /// <summary>Whether the last part is a name that a directory entry can be made or removed by.</summary>
    public bool HasLeaf => Leaf is not ("/" or "." or "..");

    public bool EndsWithSlash => Text.EndsWith('/');

    public string Leaf => IsRoot ? "/" : _trimmed[(_trimmed.LastIndexOf('/') + 1)..];

    public SandboxPath Parent => new($"/{_trimmed[..Math.Max(_trimmed.LastIndexOf('/'), 0)].Trim('/')}");

    /// <summary>The path of each directory on the way, outermost first, and then the path itself.</summary>
    public IEnumerable<SandboxPath> Steps()
    {
        for (var end = 1; end <= _trimmed.Length; end++)
        {
            if ((end == _trimmed.Length || _trimmed[end] == '/') && _trimmed[end - 1] != '/')
            {
                yield return new SandboxPath(_trimmed[..end]);
            }
        }
    }

    /// <summary>The path of an entry of this directory, as it is shown.</summary>
    public string Join(string name) => $"{_trimmed}/{name}";

    public byte[] ToBytes() => ToBytes(Text);

    /// <summary>A name as the kernel takes it: UTF-8 that ends in NUL.</summary>
    public static byte[] ToBytes(string name)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(name) + 1];
        Encoding.UTF8.GetBytes(name, bytes);
        return bytes;
    }

    public override string ToString() => Text;
}
