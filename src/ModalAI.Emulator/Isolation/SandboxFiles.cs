using ModalAI.Emulator.Isolation.Native;

namespace ModalAI.Emulator.Isolation;

/// <summary>Directories that sandboxes have written in.</summary>
internal static class SandboxFiles
{
    /// <summary>Removes a directory. rm, unlike .NET, copes with names that are no UTF-8 and with paths of any length.</summary>
    public static async Task RemoveAsync(string path, CancellationToken cancellationToken)
    {
        var (exitCode, _) = await HostCommand.RunAsync(["/bin/rm", "-rf", "--", path], cancellationToken).ConfigureAwait(false);
        if (exitCode != 0)
        {
            // A plain user cannot enter directories that a sandbox has closed, or those that the kernel keeps for itself.
            await HostCommand.RunAsync(
                [HostTools.Shell, "-c", "chmod -R u+rwx -- \"$1\"; rm -rf -- \"$1\"", "sh", path], cancellationToken).ConfigureAwait(false);
        }
    }
}
