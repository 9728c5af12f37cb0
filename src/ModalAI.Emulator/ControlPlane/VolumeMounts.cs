using ModalAI.Emulator.Isolation;
using ModalAI.Emulator.Sandboxes;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>Where volumes appear in a sandbox, after their paths were checked.</summary>
internal static class VolumeMounts
{
    private static readonly string[] Reserved = ["/proc", "/sys", "/dev", "/__modal"];

    /// <summary>The host directories of a definition's volumes and their places.</summary>
    public static IReadOnlyList<SandboxVolume> Read(IEnumerable<VolumeMount> mounts, VolumeService volumes)
    {
        var read = new List<SandboxVolume>();
        foreach (var mount in mounts)
        {
            CheckMountPath(mount.MountPath);
            if (read.Exists(volume => volume.Bind.MountPath == mount.MountPath))
            {
                throw RpcFailedException.InvalidArgument($"Two volumes are to be mounted at '{mount.MountPath}'.");
            }

            var directory = volumes.FindDirectory(mount.VolumeId);
            string[] segments = mount.HasSubPath ? ReadSubPath(mount.SubPath) : [];
            FolderIdentity? identity = segments.Length > 0 ? FolderIdentity.OfSubPath(directory, segments) : null;
            read.Add(new SandboxVolume(new VolumeBind(Path.Combine([directory, .. segments]), mount.MountPath, mount.ReadOnly), identity));
        }

        return read;
    }

    private static void CheckMountPath(string path)
    {
        var isCanonical = path.StartsWith('/') && path.Length > 1 && !path.EndsWith('/') && Segments(path[1..]).All(IsPlain);
        if (!isCanonical || Reserved.Any(reserved => path == reserved || path.StartsWith(reserved + "/", StringComparison.Ordinal)))
        {
            throw RpcFailedException.InvalidArgument(
                $"A volume cannot be mounted at '{path}': give an absolute path without '.', '..' or a slash at its end, and not /, {string.Join(", ", Reserved)}.");
        }
    }

    private static string[] ReadSubPath(string subPath)
    {
        var trimmed = subPath.Trim('/');
        string[] segments = trimmed.Length == 0 ? [] : Segments(trimmed);
        return segments.All(IsPlain)
            ? segments
            : throw RpcFailedException.InvalidArgument($"A volume's sub path '{subPath}' must not hold '.', '..' or empty parts.");
    }

    private static string[] Segments(string path) => path.Split('/');

    private static bool IsPlain(string segment) => segment is not ("" or "." or "..") && !segment.Contains('\0');
}
