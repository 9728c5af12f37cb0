namespace ModalAI.Files;

/// <summary>What stands before a file's bytes in a tar archive.</summary>
/// <param name="Type">What it is.</param>
/// <param name="Name">Its path, as the archive has it: it may be anything.</param>
/// <param name="LinkTarget">Where a link leads; empty for others.</param>
/// <param name="Mode">Permissions.</param>
/// <param name="Size">Bytes that follow.</param>
/// <param name="ModifiedAt">When it was last written.</param>
internal sealed record TarEntry(TarEntryType Type, string Name, string LinkTarget, int Mode, long Size, DateTimeOffset ModifiedAt);

/// <summary>The kinds of entries that matter; the numbers are those of the archive.</summary>
internal enum TarEntryType : byte
{
    File = (byte)'0',
    HardLink = (byte)'1',
    SymbolicLink = (byte)'2',
    Directory = (byte)'5',

    /// <summary>Devices, named pipes and the like.</summary>
    Other = 0,
}
