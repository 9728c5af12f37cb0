namespace ModalAI;

/// <summary>What to do with a sandbox that was created with other options.</summary>
public enum ModalConfigurationDrift
{
    /// <summary>It is left alone, and acquiring fails with <see cref="ModalErrorCode.Conflict"/>. The default.</summary>
    Refuse,

    /// <summary>It is ended, and a new one takes its place; one of another <see cref="ModalSandboxOptions.Owner"/> is refused all the same.</summary>
    Replace,

    /// <summary>It is used as it is.</summary>
    Use,
}
