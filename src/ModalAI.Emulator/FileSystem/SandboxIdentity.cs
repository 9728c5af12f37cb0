using System.Runtime.InteropServices;

namespace ModalAI.Emulator.FileSystem;

/// <summary>
/// While it lives, the current thread acts on files as the sandbox's root would: what it makes belongs to that user, and of an
/// emulator's root rights it keeps only those over files. Without that a sandbox could have the emulator read for it what only the
/// computer's root may read, such as the kernel's log. A ref struct, since it must end on the thread that it began on. Start no work from
/// within it: a thread that begins meanwhile inherits it.
/// </summary>
internal readonly unsafe ref partial struct SandboxIdentity
{
    private const uint Unchanged = uint.MaxValue;
    private const uint CapabilityVersion3 = 0x20080522;

    // CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER
    private const uint FileCapabilities = 1u << 1 | 1u << 2 | 1u << 3;

    private readonly bool _changed;
    private readonly uint _userId;
    private readonly uint _groupId;
    private readonly CapabilitySets _capabilities;

    /// <summary>Takes on the identity; does nothing in an emulator that is not root, which has no other to take on.</summary>
    public SandboxIdentity(uint userId, uint groupId)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return;
        }

        var header = new CapabilityHeader { Version = CapabilityVersion3 };
        Check(GetCapabilities(&header, out _capabilities) == 0);
        _groupId = SetFileGroup(groupId);
        _userId = SetFileUser(userId);
        _changed = true;

        var reduced = _capabilities;
        reduced.EffectiveLow = _capabilities.PermittedLow & FileCapabilities;
        reduced.EffectiveHigh = 0;

        // The first two answer with the old id whether or not they worked: asking once more tells.
        if (SetFileGroup(Unchanged) != groupId || SetFileUser(Unchanged) != userId || SetCapabilities(&header, in reduced) != 0)
        {
            Dispose();
            Check(false);
        }
    }

    public void Dispose()
    {
        if (!_changed)
        {
            return;
        }

        var header = new CapabilityHeader { Version = CapabilityVersion3 };
        _ = SetFileGroup(_groupId);
        _ = SetFileUser(_userId);
        Check(SetCapabilities(&header, in _capabilities) == 0);
    }

    private static void Check(bool worked)
    {
        if (!worked)
        {
            throw new FileSystemException(
                ErrorKind.Io,
                "The emulator runs as root but may not act as the sandbox's user; it needs CAP_SETUID, CAP_SETGID and CAP_DAC_OVERRIDE");
        }
    }

    [LibraryImport("libc", EntryPoint = "setfsuid")]
    private static partial uint SetFileUser(uint id);

    [LibraryImport("libc", EntryPoint = "setfsgid")]
    private static partial uint SetFileGroup(uint id);

    [LibraryImport("libc", EntryPoint = "capget")]
    private static partial int GetCapabilities(CapabilityHeader* header, out CapabilitySets sets);

    [LibraryImport("libc", EntryPoint = "capset")]
    private static partial int SetCapabilities(CapabilityHeader* header, in CapabilitySets sets);

    private struct CapabilityHeader
    {
        public uint Version;
        public int ProcessId;
    }

    private struct CapabilitySets
    {
        public uint EffectiveLow;
        public uint PermittedLow;
        public uint InheritableLow;
        public uint EffectiveHigh;
        public uint PermittedHigh;
        public uint InheritableHigh;
    }
}
