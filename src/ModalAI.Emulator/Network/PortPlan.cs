namespace ModalAI.Emulator.Network;

/// <summary>A port of a sandbox that is to have a tunnel.</summary>
internal readonly record struct PortPlan(int Port, TunnelKind Kind);

internal enum TunnelKind
{
    /// <summary>TLS up to the tunnel's end, plaintext from there.</summary>
    Encrypted,

    /// <summary>Likewise, and the client may choose HTTP/2.</summary>
    Http2,

    /// <summary>Bare TCP, and TLS at a second address.</summary>
    Unencrypted,
}
