namespace ModalAI.Emulator.Isolation.Native;

/// <summary>Permissions of directories; C# has no octal numbers.</summary>
internal static class DirectoryMode
{
    /// <summary>0700.</summary>
    public const uint Private = 0x1c0;

    /// <summary>0711: others pass through, and cannot list.</summary>
    public const uint PassThrough = 0x1c9;

    /// <summary>0755.</summary>
    public const uint Public = 0x1ed;
}
