using ModalAI.Emulator.Isolation;
using ModalAI.Emulator.Sandboxes;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>Where volumes appear in a sandbox, after their paths were checked.</summary>
internal static class VolumeMounts
{
    private static readonly string[] Reserved = ["/proc", "/sys", "/dev", "/__modal"];
    private static readonly string[] Unmountable = ["/root", "/tmp"];

    /// <summary>The host directories of a definition's volumes and their places.</summary>
    public static IReadOnlyList<SandboxVolume> Read(IEnumerable<VolumeMount> mounts, VolumeService volumes)
    {
        var read = new List<SandboxVolume>();
        var places = new Dictionary<(string VolumeId, string SubPath), string>();
        foreach (var mount in mounts)
        {
            CheckMountPath("volume", mount.MountPath);
            var directory = volumes.FindDirectory(mount.VolumeId);
            string[] segments = mount.HasSubPath ? ReadSubPath(mount.SubPath) : [];
            var subPath = string.Join('/', segments);
            if (!places.TryAdd((mount.VolumeId, subPath), mount.MountPath) && places[(mount.VolumeId, subPath)] != mount.MountPath)
            {
                throw RpcFailedException.InvalidArgument(
                    $"The volume at '{mount.MountPath}' is mounted at '{places[(mount.VolumeId, subPath)]}' already; mount it once, or another sub path of it.");
            }

            read.Add(ReadFolder(directory, segments, mount.MountPath, mount.ReadOnly));
        }

        return Check(read);
    }

    /// <summary>The directory itself, or one below it by a path that sandboxes may change at any moment.</summary>
    public static SandboxVolume ReadFolder(string directory, string[] segments, string mountPath, bool isReadOnly)
    {
        FolderIdentity? identity = segments.Length > 0 ? FolderIdentity.OfSubPath(directory, segments) : null;
        return new SandboxVolume(new VolumeBind(Path.Combine([directory, .. segments]), mountPath, isReadOnly), identity);
    }

    /// <summary>Checks that everything has a place of its own, beside the others.</summary>
    public static IReadOnlyList<SandboxVolume> Check(IReadOnlyList<SandboxVolume> mounts)
    {
        var paths = mounts.Select(mount => mount.Bind.MountPath).ToArray();
        if (paths.GroupBy(path => path, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw RpcFailedException.InvalidArgument($"Two volumes or buckets are to be mounted at '{twice.Key}'.");
        }

        foreach (var path in paths)
        {
            if (Array.Find(paths, other => path.StartsWith(other + "/", StringComparison.Ordinal)) is { } above)
            {
                throw RpcFailedException.FailedPrecondition($"The emulator does not support a mount inside another: '{path}' is inside of '{above}'.");
            }
        }

        return mounts;
    }

    public static void CheckMountPath(string kind, string path)
    {
        if (!IsCanonical(path)
            || Unmountable.Contains(path)
            || Reserved.Any(reserved => path == reserved || path.StartsWith(reserved + "/", StringComparison.Ordinal)))
        {
            throw RpcFailedException.InvalidArgument(
                $"A {kind} cannot be mounted at '{path}': give an absolute path without '.', '..' or a slash at its end, and not /, {string.Join(", ", Unmountable)} or inside {string.Join(", ", Reserved)}.");
        }
    }

    private static bool IsCanonical(string path) => path.StartsWith('/') && path.Length > 1 && Segments(path[1..]).All(IsPlain);

    private static string[] ReadSubPath(string subPath)
    {
        var trimmed = subPath.Trim('/');
        string[] segments = trimmed.Length == 0 ? [] : Segments(trimmed);
        return segments.All(IsPlain)
            ? segments
            : throw RpcFailedException.InvalidArgument($"A volume's sub path '{subPath}' must not hold '.', '..' or empty parts.");
    }

    public static string[] Segments(string path) => path.Split('/');

    public static bool IsPlain(string segment) => segment is not ("" or "." or "..") && !segment.Contains('\0');
}
