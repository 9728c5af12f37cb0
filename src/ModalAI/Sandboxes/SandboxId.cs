using ModalAI.Configuration;

namespace ModalAI.Sandboxes;

/// <summary>The shape of a sandbox's id tells its backend, and with that which family of RPCs it takes.</summary>
internal static class SandboxId
{
    /// <summary>V1 ids are <c>sb-</c> and exactly 22 letters or digits; all others are V2.</summary>
    public static bool IsV2(string id) => !ModalNames.IsId(id, "sb-");
}
