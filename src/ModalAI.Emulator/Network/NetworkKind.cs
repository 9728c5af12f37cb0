namespace ModalAI.Emulator.Network;

internal enum NetworkKind
{
    /// <summary>This computer's.</summary>
    Shared,

    /// <summary>Its own where this computer can guard networks, so that ports are its own too; else this computer's.</summary>
    SeparateIfPossible,

    /// <summary>Its own, with what the policy allows.</summary>
    Guarded,

    /// <summary>Its own, with loopback only.</summary>
    Blocked,
}
