namespace ModalAI.Rpc;

/// <summary>A token of the control plane, with what this client's clock says about it.</summary>
/// <param name="Value">Sent as x-modal-auth-token.</param>
/// <param name="Expires">No use after this.</param>
/// <param name="RefreshAt">From here on a new one is fetched while this one still serves.</param>
internal sealed record AuthToken(string Value, DateTimeOffset Expires, DateTimeOffset RefreshAt)
{
    public override string ToString() => $"AuthToken (expires {Expires:O})";
}
