namespace ModalAI.Tools;

/// <summary>Files of our own in a sandbox.</summary>
internal static class TemporaryFile
{
    /// <summary>Removes one that may be there, without having anybody wait for it.</summary>
    public static void Remove(ModalSandbox sandbox, string path) => sandbox.Client.Background.Add(RemoveAsync(sandbox, path));

    private static async Task RemoveAsync(ModalSandbox sandbox, string path)
    {
        try
        {
            await sandbox.Files.DeleteAsync(path).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is ModalException or ObjectDisposedException)
        {
            // It is gone already, or goes with the sandbox.
        }
    }
}
