using Microsoft.Extensions.AI;

namespace ModalAI.Tools;

/// <summary>Which functions need a person's consent.</summary>
internal static class ToolConsent
{
    /// <summary>The function, marked where it needs consent.</summary>
    public static AIFunction Mark(AIFunction function, ModalToolEffect effect, ToolSetup setup) =>
        IsNeeded(setup.Options.Approval, effect, setup.Sandboxes) ? new ApprovalRequiredAIFunction(function) : function;

    /// <param name="policy">The policy.</param>
    /// <param name="effect">What the function can do.</param>
    /// <param name="sandboxes">What the sandboxes are made of; null where that is not known.</param>
    public static bool IsNeeded(ModalToolApproval policy, ModalToolEffect effect, ModalSandboxOptions? sandboxes) => policy switch
    {
        ModalToolApproval.None => false,
        ModalToolApproval.All => true,
        ModalToolApproval.Writes => effect != ModalToolEffect.Reads,
        _ when sandboxes is null || !SandboxFacts.AreKnown(sandboxes) => effect != ModalToolEffect.Reads,
        _ => effect switch
        {
            ModalToolEffect.Runs => ReachesOut(sandboxes) || HasLastingStorage(sandboxes),
            ModalToolEffect.Writes => HasLastingStorage(sandboxes),
            ModalToolEffect.Publishes => true,
            _ => false,
        },
    };

    /// <summary>Whether a command can tell others what it finds, use what is secret, or be reached.</summary>
    private static bool ReachesOut(ModalSandboxOptions options) =>
        !SandboxFacts.IsOffline(options) || options.Secrets.Count > 0 || options.CloudBucketMounts.Count > 0
        || options.EncryptedPorts.Count + options.H2Ports.Count + options.UnencryptedPorts.Count > 0;

    /// <summary>Whether something that is written outlasts the sandbox.</summary>
    private static bool HasLastingStorage(ModalSandboxOptions options) =>
        options.Volumes.Values.Any(static volume => !volume.ReadOnly) || options.CloudBucketMounts.Values.Any(static bucket => !bucket.ReadOnly);
}
