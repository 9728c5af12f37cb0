namespace ModalAI.Emulator.FileSystem;

/// <summary>
/// Which of the computer's user ids (or group ids) a sandbox sees, and as what. An emulator that runs as root gives each sandbox a block
/// of 65536 ids; one that runs as a plain user can give no more than that user, who is root inside.
/// </summary>
internal readonly record struct IdentityMap(uint First, uint Count)
{
    /// <summary>What the kernel shows for an id that a sandbox does not know: nobody.</summary>
    private const uint Overflow = 65534;

    public static IdentityMap For(uint root) => new(root, Environment.IsPrivilegedProcess ? 65536u : 1u);

    public bool Contains(uint id) => id >= First && id - First < Count;

    public uint ToSandbox(uint id) => Contains(id) ? id - First : Overflow;
}
