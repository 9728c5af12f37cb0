using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace ModalAI.Emulator.FileSystem;

/// <summary>Writes what Stat and ListFiles say of one file, in Modal's words.</summary>
internal sealed class FileEntryWriter(Utf8JsonWriter json, AccountNames accounts)
{
    private const int MaximumLinkLength = 4096;

    private static readonly string[] Permissions = [.. Enumerable.Range(0, 0x1000).Select(bits => Convert.ToString(bits, 8).PadLeft(4, '0'))];

    /// <param name="name">The name to show.</param>
    /// <param name="path">The path to show.</param>
    /// <param name="status">The status to show.</param>
    /// <param name="directory">With <paramref name="linkName"/>, where to read the target of a symbolic link.</param>
    /// <param name="linkName">The link's name in the directory, or an empty one when the handle is the link itself.</param>
    public void Write(string name, string path, in FileStatus status, SafeFileHandle directory, ReadOnlySpan<byte> linkName)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, name);
        json.WriteString("path"u8, path);
        json.WriteString("type"u8, status.IsDirectory ? "directory"u8 : status.IsSymbolicLink ? "symlink"u8 : "file"u8);
        json.WriteNumber("size"u8, status.Size);
        json.WriteNumber("mode"u8, status.Mode);
        json.WriteString("permissions"u8, Permissions[status.Mode & 0xfff]);
        json.WriteString("owner"u8, accounts.Owner(status));
        json.WriteString("group"u8, accounts.Group(status));
        json.WriteNumber("modified_time"u8, status.ModifiedSeconds + status.ModifiedNanoseconds / 1_000_000_000m);
        if (status.IsSymbolicLink && ReadTarget(directory, linkName) is { } target)
        {
            json.WriteString("symlink_target"u8, target);
        }

        json.WriteEndObject();
    }

    private static string? ReadTarget(SafeFileHandle directory, ReadOnlySpan<byte> linkName)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(MaximumLinkLength);
        try
        {
            var length = Syscalls.ReadLink(directory, linkName, buffer);
            return length >= 0 ? Encoding.UTF8.GetString(buffer, 0, length) : null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
