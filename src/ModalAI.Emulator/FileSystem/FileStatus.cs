using System.Runtime.InteropServices;

namespace ModalAI.Emulator.FileSystem;

/// <summary>The kernel's <c>struct statx</c>, which has one layout on all processors.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct FileStatus
{
    [FieldOffset(0x08)]
    public ulong Attributes;

    [FieldOffset(0x14)]
    public uint UserId;

    [FieldOffset(0x18)]
    public uint GroupId;

    [FieldOffset(0x1c)]
    public ushort Mode;

    [FieldOffset(0x20)]
    public ulong Inode;

    [FieldOffset(0x28)]
    public ulong Size;

    [FieldOffset(0x70)]
    public long ModifiedSeconds;

    [FieldOffset(0x78)]
    public uint ModifiedNanoseconds;

    [FieldOffset(0x88)]
    public uint DeviceMajor;

    [FieldOffset(0x8c)]
    public uint DeviceMinor;

    private const int TypeBits = 0xf000;
    private const ulong MountRoot = 0x2000;

    /// <summary>Whether both are of one file.</summary>
    public readonly bool IsSameFile(in FileStatus other) => (Inode, DeviceMajor, DeviceMinor) == (other.Inode, other.DeviceMajor, other.DeviceMinor);

    public readonly bool IsDirectory => (Mode & TypeBits) == 0x4000;

    public readonly bool IsRegular => (Mode & TypeBits) == 0x8000;

    public readonly bool IsSymbolicLink => (Mode & TypeBits) == 0xa000;

    public readonly bool IsMountPoint => (Attributes & MountRoot) != 0;

    public readonly string Description => (Mode & TypeBits) switch
    {
        0x1000 => "a named pipe",
        0x2000 => "a character device",
        0x4000 => "a directory",
        0x6000 => "a block device",
        0x8000 => "a regular file",
        0xa000 => "a symbolic link",
        0xc000 => "a socket",
        _ => "of an unknown type",
    };
}
