namespace ModalAI.Conformance.Wire;

/// <summary>A place where the two clients do not send the same; null where one sends nothing.</summary>
/// <param name="Rpc">The RPC.</param>
/// <param name="Path">The field, such as <c>definition.volume_mounts[0].read_only</c>; empty for the whole call.</param>
/// <param name="Sdk">What Modal's SDK sends, as JSON.</param>
/// <param name="Ours">What this client sends, as JSON.</param>
internal sealed record WireDifference(string Rpc, string Path, string? Sdk, string? Ours)
{
    public override string ToString()
    {
        var where = Path.Length > 0 ? $"{Rpc}: {Path}" : $"{Rpc}: the whole call";
        return $"{where}\n    SDK:  {Sdk ?? "(not sent)"}\n    ours: {Ours ?? "(not sent)"}";
    }
}
