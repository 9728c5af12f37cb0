using System.IO.Enumeration;

namespace ModalAI.Conformance.Wire;

/// <summary>Something that this client sends otherwise than Modal's SDK, on purpose.</summary>
/// <param name="Rpcs">The RPCs, comma-separated; <c>*</c> for all.</param>
/// <param name="Path">The field, with <c>*</c> for any text; empty for a whole call.</param>
/// <param name="Sdk">Whether the SDK sends it.</param>
/// <param name="Ours">Whether this client sends it.</param>
/// <param name="Reason">Why, as the documentation tells it.</param>
internal sealed record DeliberateDifference(string Rpcs, string Path, bool Sdk, bool Ours, string Reason)
{
    /// <summary>Narrows it to certain values.</summary>
    public Func<WireDifference, bool> When { get; init; } = static _ => true;

    /// <summary>The row of the documentation's table.</summary>
    public string Row => $"| {(Rpcs == "*" ? "all" : $"`{Rpcs}`")} | {(Path.Length > 0 ? $"`{Path}`" : "the call")} | {What} | {Reason} |";

    private string What => (Sdk, Ours) switch
    {
        (true, true) => "another value",
        (true, false) => "sent by the SDK only",
        _ => "sent here only",
    };

    public bool Covers(WireDifference difference) =>
        (Rpcs == "*" || Rpcs.Split(", ").Contains(difference.Rpc))
        && (Path.Length > 0 ? FileSystemName.MatchesSimpleExpression(Path, difference.Path, ignoreCase: false) : difference.Path.Length == 0)
        && difference.Sdk is not null == Sdk
        && difference.Ours is not null == Ours
        && When(difference);
}
