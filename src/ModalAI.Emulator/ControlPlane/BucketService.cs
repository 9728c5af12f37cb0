using System.Collections.Concurrent;
using ModalAI.Emulator.Sandboxes;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>
/// Cloud buckets: directories of this computer that the options name. Nothing is asked of any cloud, so credentials are held against the secrets that
/// there are, and not used. Any other bucket is refused, or starts empty where the options accept that.
/// </summary>
internal sealed class BucketService(IReadOnlyDictionary<string, string> directories, string emptyFolder, SecretService secrets, Acceptance acceptance)
{
    private const string What = "cloud buckets that are not mapped to a directory";

    /// <summary>Of buckets that were accepted without being known: one directory each, as one bucket is the same for all.</summary>
    private readonly ConcurrentDictionary<string, string> _accepted = new(StringComparer.Ordinal);

    /// <summary>Values of credentials may come with a request; they are not used, since no cloud is asked.</summary>
    public static void CheckCredentials(IEnumerable<CloudBucketMount> mounts, IEnumerable<string> credentials)
    {
        if (credentials.Except(mounts.Select(mount => mount.MountPath), StringComparer.Ordinal).FirstOrDefault() is { } unknown)
        {
            throw RpcFailedException.InvalidArgument($"There are credentials for a bucket at '{unknown}', but no bucket is mounted there.");
        }
    }

    /// <summary>The host directories of a definition's buckets and their places.</summary>
    public IReadOnlyList<SandboxVolume> Read(IEnumerable<CloudBucketMount> mounts) => VolumeMounts.Check([.. mounts.Select(Read)]);

    private static string[] ReadPrefix(string prefix)
    {
        if (!prefix.EndsWith('/'))
        {
            throw RpcFailedException.InvalidArgument($"The key prefix '{prefix}' of a bucket must end with '/': it goes before every path.");
        }

        // An object's name may hold anything; a directory's may not.
        var segments = VolumeMounts.Segments(prefix[..^1]);
        return segments.All(VolumeMounts.IsPlain)
            ? segments
            : throw RpcFailedException.FailedPrecondition($"The emulator does not support the key prefix '{prefix}', which has '.', '..' or empty parts: its buckets are directories.");
    }

    private SandboxVolume Read(CloudBucketMount mount)
    {
        Unsupported.RefuseUnknownFields(mount);
        VolumeMounts.CheckMountPath("bucket", mount.MountPath);
        if (mount.BucketName.Length == 0)
        {
            throw RpcFailedException.InvalidArgument($"The bucket at '{mount.MountPath}' has no name.");
        }

        if (mount.CredentialsSecretId.Length > 0)
        {
            secrets.Find(mount.CredentialsSecretId);
        }
        else if (mount.RequesterPays)
        {
            throw RpcFailedException.InvalidArgument($"The requester cannot pay for bucket '{mount.BucketName}' without a secret with credentials.");
        }

        if (mount is { HasBucketEndpointUrl: true, BucketEndpointUrl.Length: > 0 } && !Uri.TryCreate(mount.BucketEndpointUrl, UriKind.Absolute, out _))
        {
            throw RpcFailedException.InvalidArgument($"'{mount.BucketEndpointUrl}' is not the URL of an endpoint of bucket '{mount.BucketName}'.");
        }

        string[] segments = mount is { HasKeyPrefix: true, KeyPrefix.Length: > 0 } ? ReadPrefix(mount.KeyPrefix) : [];
        return VolumeMounts.ReadFolder(FindDirectory(mount.BucketName), segments, mount.MountPath, mount.ReadOnly);
    }

    private string FindDirectory(string bucket)
    {
        if (directories.TryGetValue(bucket, out var directory))
        {
            return Path.GetFullPath(directory);
        }

        acceptance.Check(
            ModalEmulatorAcceptance.CloudBucketMounts, isSet: true, $"{What}, such as '{bucket}': {nameof(ModalEmulatorOptions)}.{nameof(ModalEmulatorOptions.Buckets)} names their directories");
        return _accepted.GetOrAdd(bucket, _ => Directory.CreateDirectory(Path.Combine(emptyFolder, Guid.NewGuid().ToString("N"))).FullName);
    }
}
