using ModalAI.Configuration;
using ModalAI.Protocol;
using ModalAI.Rpc;

namespace ModalAI.Sandboxes;

#pragma warning disable MODALAI002 // This is its inside.

/// <summary>Checks what a sidecar is asked to be made of.</summary>
internal static class SidecarCreateRules
{
    /// <summary>The name of a sandbox's own container.</summary>
    public const string MainName = "main";

    /// <exception cref="ModalException">Something is invalid (<see cref="ModalErrorCode.InvalidArgument"/>); the message names all of it.</exception>
    public static void Validate(ModalSidecarCreateOptions options, bool throughControlPlane)
    {
        var errors = new OptionErrors(nameof(ModalSidecarCreateOptions));
        if (FindProblem(options.Name) is { } problem)
        {
            errors.Add(nameof(options.Name), options.Name, problem);
        }
        else
        {
            SandboxOptionRules.CheckObjectName(errors, nameof(options.Name), options.Name);
        }

        if (options.Image?.Id is null)
        {
            errors.AddUnshown(nameof(options.Image), "has no id: build it with ModalImages.BuildAsync first, and give what that returns");
        }

        SandboxOptionRules.CheckCommand(errors, nameof(options.Command), options.Command);
        SandboxOptionRules.CheckWorkingDirectory(errors, nameof(options.WorkingDirectory), options.WorkingDirectory, options.Volumes.Keys);
        SandboxOptionRules.CheckEnvironmentVariables(errors, nameof(options.EnvironmentVariables), options.EnvironmentVariables);
        SandboxOptionRules.CheckVolumes(errors, nameof(options.Volumes), options.Volumes);
        SandboxOptionRules.CheckBuckets(errors, nameof(options.CloudBucketMounts), options.CloudBucketMounts, options.Volumes.Keys);
        SandboxOptionRules.CheckMemory(errors, nameof(options.MemoryMiB), options.MemoryMiB, "", null);
        SandboxOptionRules.CheckCidrs(errors, nameof(options.OutboundCidrAllowlist), options.OutboundCidrAllowlist);
        SandboxOptionRules.CheckDomains(errors, nameof(options.OutboundDomainAllowlist), options.OutboundDomainAllowlist);
        PtyRequests.Check(errors, nameof(options.Pty), options.Pty);

        foreach (var (option, isSet) in new[]
        {
            (nameof(options.IncludeOidcIdentityToken), options.IncludeOidcIdentityToken),
            (nameof(options.CloudBucketMounts), options.CloudBucketMounts.Count > 0),
            (nameof(options.Proxy), options.Proxy is not null),
        })
        {
            if (isSet && !throughControlPlane)
            {
                errors.AddUnshown(option, "is set, which works in sidecars of V2 sandboxes only, and where ModalClientOptions.UseControlPlaneSidecarCreate is not false");
            }
        }

        errors.ThrowIfAny();
    }

    /// <summary>What is wrong with a name for looking a sidecar up; null for nothing.</summary>
    public static string? FindProblem(string name) => name switch
    {
        null or "" => "a sidecar needs a name",
        MainName => "it is the name of the sandbox's own container; use the sandbox itself",
        _ => null,
    };

    /// <exception cref="ModalException">A volume is to be mounted twice (<see cref="ModalErrorCode.InvalidArgument"/>).</exception>
    public static void CheckMounts(IEnumerable<VolumeMount> mounts)
    {
        if (mounts.GroupBy(static mount => mount.VolumeId, StringComparer.Ordinal).FirstOrDefault(static group => group.Count() > 1) is { } repeated)
        {
            throw ModalErrors.InvalidArgument(
                $"{nameof(ModalSidecarCreateOptions)}.{nameof(ModalSidecarCreateOptions.Volumes)} mounts one volume at "
                + $"{string.Join(", ", repeated.Select(static mount => mount.MountPath).Order(StringComparer.Ordinal))}: a sidecar takes a volume at one path.");
        }
    }
}
