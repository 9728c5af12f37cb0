namespace ModalAI.Conformance.Wire;

/// <summary>The scenarios, by capability. Each has its counterpart of the same name in <c>node/wire-*.mjs</c>.</summary>
internal static partial class WireScenarios
{
    public static IReadOnlyList<WireScenario> All { get; } =
    [
        .. Sandboxes(), .. Commands(), .. Files(), .. Images(), .. Networks(), .. Processes(), .. Resources(), .. Sidecars(), .. Snapshots(),
    ];
}
