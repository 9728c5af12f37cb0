using ModalAI.Conformance.Support;

namespace ModalAI.Conformance.Wire;

/// <summary>
/// Something that users do, written once for Modal's SDK (in <c>node/wire-*.mjs</c>, under the same name) and once for this client.
/// </summary>
internal sealed record WireScenario(string Name, Func<WireRun, Task> Run)
{
    /// <summary>The backends that have it.</summary>
    public IReadOnlyList<Backend> Backends { get; init; } = [Backend.V2, Backend.V1];

    /// <summary>Whether the emulator may refuse it: requests are compared as far as both come.</summary>
    public bool MayBeRefused { get; init; }
}
