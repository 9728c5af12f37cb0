namespace ModalAI.Emulator.Sandboxes;

/// <summary>Which family of Modal's RPCs a sandbox belongs to; clients tell it from the shape of the id.</summary>
internal enum SandboxBackend
{
    V1,
    V2,
}
