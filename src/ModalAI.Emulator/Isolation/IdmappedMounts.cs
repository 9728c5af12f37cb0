using Microsoft.Win32.SafeHandles;
using ModalAI.Emulator.Isolation.Native;

namespace ModalAI.Emulator.Isolation;

/// <summary>Bind mounts on which the ids of a user namespace stand for this computer's.</summary>
internal static class IdmappedMounts
{
    public static async Task MountAsync(
        SafeFileHandle mountNamespace,
        SafeFileHandle userNamespace,
        IReadOnlyList<(string Source, string Target)> mounts,
        CancellationToken cancellationToken)
    {
        // A thread that has joined another mount namespace cannot go back to sharing its directories with the others, and threads that
        // it starts would be born over there. So it is one of its own that ends here, and somebody else completes the task.
        Exception? failure = null;
        await Task.Run(
            () =>
            {
                var thread = new Thread(() =>
                {
                    try
                    {
                        Mount(mountNamespace, userNamespace, mounts);
                    }
                    catch (Exception exception)
                    {
                        failure = exception;
                    }
                });
                thread.Start();
                thread.Join();
            },
            cancellationToken).ConfigureAwait(false);
        if (failure is not null)
        {
            throw failure;
        }
    }

    private static void Mount(SafeFileHandle mountNamespace, SafeFileHandle userNamespace, IReadOnlyList<(string Source, string Target)> mounts)
    {
        Check(Libc.Unshare(Libc.CloneFileSystem), "Giving a thread its own root");
        Check(Libc.JoinNamespace(mountNamespace, Libc.CloneNewNamespace), "Joining the sandboxes' mount namespace");
        foreach (var (source, target) in mounts)
        {
            Directory.CreateDirectory(target);
            using var mount = Descriptor.CloneMount(source);
            Check(Libc.IdmapMount(mount, userNamespace), $"Mapping the owners of {source}");
            Check(Libc.AttachMount(mount, target), $"Mounting {source} at {target}");
        }
    }

    private static void Check(int result, string what)
    {
        if (result < 0)
        {
            throw Descriptor.LastError(what);
        }
    }
}
