namespace ModalAI.Emulator.Isolation;

/// <summary>How sandboxes are kept apart from this computer; the first that the kernel allows is taken.</summary>
internal enum IsolationTier
{
    /// <summary>Run by root; the sandbox's root is an otherwise unused user id, over idmapped mounts.</summary>
    IdmappedRoot,

    /// <summary>Run by root where mounts cannot be idmapped: the sandbox's root is root without any right outside its namespaces.</summary>
    PlainRoot,

    /// <summary>Run by anybody else: the sandbox's root is that user, and the only user there is.</summary>
    User,
}
