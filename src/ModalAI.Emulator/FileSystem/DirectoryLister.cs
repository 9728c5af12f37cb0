using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace ModalAI.Emulator.FileSystem;

/// <summary>ListFiles and Stat: entries in JSON.</summary>
internal static class DirectoryLister
{
    private const int MaximumEntries = 1_000_000;
    private const int FlushThreshold = 64 * 1024;

    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static async Task StatAsync(SandboxRoot root, SandboxPath path, Stream output, CancellationToken cancellationToken) =>
        await output.WriteAsync(Stat(root, path), cancellationToken).ConfigureAwait(false);

    /// <summary>Lists by name in the order of the bytes. All names are held, but not all entries.</summary>
    public static async Task ListAsync(SandboxRoot root, SandboxPath path, Stream output, CancellationToken cancellationToken)
    {
        using var directory = Open(root, path, out var accounts);
        var names = ReadNames(directory, cancellationToken);
        var buffer = new ArrayBufferWriter<byte>(FlushThreshold + 8192);
        using var json = new Utf8JsonWriter(buffer, WriterOptions);
        var entries = new FileEntryWriter(json, accounts);

        json.WriteStartArray();
        for (var next = 0; next < names.Count;)
        {
            next = WriteSome(root, path, directory, names, next, entries, json);
            await output.WriteAsync(buffer.WrittenMemory, cancellationToken).ConfigureAwait(false);
            buffer.ResetWrittenCount();
        }

        json.WriteEndArray();
        json.Flush();
        await output.WriteAsync(buffer.WrittenMemory, cancellationToken).ConfigureAwait(false);
    }

    private static ReadOnlyMemory<byte> Stat(SandboxRoot root, SandboxPath path)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer, WriterOptions);
        using var identity = root.Enter();
        using var handle = root.Open(path, Syscalls.PathOnly | Syscalls.NoFollow);
        new FileEntryWriter(json, new AccountNames(root)).Write(path.Leaf, path.Text, SandboxRoot.GetStatus(handle), handle, "\0"u8);
        json.Flush();
        return buffer.WrittenMemory;
    }

    private static SafeFileHandle Open(SandboxRoot root, SandboxPath path, out AccountNames accounts)
    {
        using var identity = root.Enter();
        using var found = root.Open(path, Syscalls.PathOnly);
        var status = SandboxRoot.GetStatus(found);
        if (!status.IsDirectory)
        {
            throw new FileSystemException(ErrorKind.IsFile, $"The path is {status.Description}, not a directory");
        }

        accounts = new AccountNames(root);
        return root.OpenToRead(found, status, Syscalls.Directory);
    }

    private static List<byte[]> ReadNames(SafeFileHandle directory, CancellationToken cancellationToken)
    {
        var names = new List<byte[]>();
        var reader = new DirectoryReader(directory);
        while (reader.Read(out var name, out _))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (names.Count == MaximumEntries)
            {
                throw new FileSystemException(
                    ErrorKind.NotSupported,
                    $"The directory has more than the {MaximumEntries} entries that the emulator lists; list it with a command");
            }

            names.Add(name.ToArray());
        }

        names.Sort(static (left, right) => left.AsSpan().SequenceCompareTo(right));
        return names;
    }

    private static int WriteSome(
        SandboxRoot root, SandboxPath path, SafeFileHandle directory, List<byte[]> names, int next, FileEntryWriter entries, Utf8JsonWriter json)
    {
        using var identity = root.Enter();
        for (; next < names.Count && json.BytesPending < FlushThreshold; next++)
        {
            // A name that is gone meanwhile is left out, as one that was removed before.
            if (Syscalls.Status(directory, names[next], out var status) == 0)
            {
                var name = Encoding.UTF8.GetString(names[next].AsSpan()[..^1]);
                entries.Write(name, path.Join(name), status, directory, names[next]);
            }
        }

        json.Flush();
        return next;
    }
}
