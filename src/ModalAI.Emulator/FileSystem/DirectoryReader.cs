using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace ModalAI.Emulator.FileSystem;

/// <summary>Reads a directory's entries as the bytes that they are; .NET's own enumeration loses names that are not UTF-8.</summary>
internal sealed class DirectoryReader(SafeFileHandle directory)
{
    private const int LengthOffset = 16;
    private const int TypeOffset = 18;
    private const int NameOffset = 19;
    private const byte DirectoryType = 4;

    private readonly byte[] _buffer = new byte[8192];
    private int _position;
    private int _length;

    /// <summary>Gives the next entry but <c>.</c> and <c>..</c>: its name ends in NUL and is valid until the next call.</summary>
    public bool Read(out ReadOnlySpan<byte> name, out bool isDirectory)
    {
        while (_position < _length || Fill())
        {
            var entry = _buffer.AsSpan(_position, BinaryPrimitives.ReadUInt16LittleEndian(_buffer.AsSpan(_position + LengthOffset)));
            _position += entry.Length;
            var text = entry[NameOffset..];
            name = text[..(text.IndexOf((byte)0) + 1)];
            isDirectory = entry[TypeOffset] == DirectoryType;
            if (!name.SequenceEqual(".\0"u8) && !name.SequenceEqual("..\0"u8))
            {
                return true;
            }
        }

        name = default;
        isDirectory = false;
        return false;
    }

    public void Rewind()
    {
        _position = _length = 0;
        _ = Syscalls.Rewind(directory);
    }

    private bool Fill()
    {
        _position = 0;
        _length = Syscalls.ReadDirectory(directory, _buffer);
        if (_length == -Errno.NotFound)
        {
            // The directory itself has been removed meanwhile, so it is empty.
            _length = 0;
        }

        return _length >= 0 ? _length > 0 : throw FileSystemException.FromErrno(-_length, "Reading the directory");
    }
}
