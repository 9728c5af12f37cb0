namespace ModalAI.Emulator;

/// <summary>
/// What the emulator cannot do, but may accept and record all the same, so that an application that asks for it can be tested
/// (<see cref="ModalEmulatorOptions.Accept"/>).
/// </summary>
[Flags]
public enum ModalEmulatorAcceptance
{
    /// <summary>Nothing: all of it is refused by name.</summary>
    None = 0,

    /// <summary>GPUs of sandboxes and of image builds.</summary>
    Gpus = 1 << 0,

    /// <summary>Limits of CPU, memory and disk, which nothing enforces.</summary>
    ResourceLimits = 1 << 1,

    /// <summary>
    /// Cloud buckets that <see cref="ModalEmulatorOptions.Buckets"/> has no directory for: one that starts empty stands for each, and goes with the emulator.
    /// </summary>
    CloudBucketMounts = 1 << 2,

    /// <summary>Proxies: traffic goes out as it would without.</summary>
    Proxies = 1 << 3,

    /// <summary>Memory snapshots: files are kept, processes are not.</summary>
    MemorySnapshots = 1 << 4,

    /// <summary>Outbound policies, which replace headers of requests that leave.</summary>
    OutboundPolicies = 1 << 5,

    /// <summary>i6pn, the network between sandboxes.</summary>
    PrivateNetwork = 1 << 6,

    /// <summary>OIDC identity tokens, X.509 identities and custom domains.</summary>
    Identities = 1 << 7,

    /// <summary>Encryption keys of directory snapshots.</summary>
    EncryptionKeys = 1 << 8,

    /// <summary>The choice of a runtime (<c>gvisor</c>, <c>vm</c>).</summary>
    Runtimes = 1 << 9,

    /// <summary>Credentials of private registries, since nothing is pulled.</summary>
    RegistryCredentials = 1 << 10,

    /// <summary>All of it.</summary>
    All = (1 << 11) - 1,
}
