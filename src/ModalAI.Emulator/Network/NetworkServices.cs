namespace ModalAI.Emulator.Network;

/// <summary>What the networks of all sandboxes of one emulator share.</summary>
internal sealed record NetworkServices(NameLookup Lookup, TunnelCertificate Certificate, GatewaySupport Support, ConnectServer Connect) : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        await Connect.DisposeAsync().ConfigureAwait(false);
        Certificate.Dispose();
    }
}
