using System.Runtime.Versioning;
using ModalAI.Emulator.Isolation;

namespace ModalAI.Emulator;

/// <summary>
/// The folder of one running emulator. A lock file tells it from one that a crashed emulator left behind; those are removed at the next start.
/// </summary>
internal sealed class StateFolder : IAsyncDisposable
{
    private const string Prefix = "modal-emulator-";
    private const string LockName = "lock";
    private const int MaxAttempts = 20;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly FileStream _lock;

    private StateFolder(string path, FileStream hold)
    {
        Path = path;
        _lock = hold;
    }

    public string Path { get; }

    [SupportedOSPlatform("linux")]
    public static async Task<StateFolder> CreateAsync(string? parent, CancellationToken cancellationToken)
    {
        parent ??= System.IO.Path.GetTempPath();
        Directory.CreateDirectory(parent);
        await RemoveAbandonedAsync(parent, cancellationToken).ConfigureAwait(false);
        for (var attempt = 1; ; attempt++)
        {
            var path = System.IO.Path.Combine(System.IO.Path.GetFullPath(parent), $"{Prefix}{Guid.NewGuid():N}");
            Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.OtherExecute);
            try
            {
                var hold = Lock(path);
                if (Directory.Exists(path))
                {
                    return new StateFolder(path, hold);
                }

                await hold.DisposeAsync().ConfigureAwait(false);
            }
            catch (IOException) when (attempt < MaxAttempts)
            {
                // Another emulator, which starts as well, found the folder before its lock was there, and removes it as an abandoned one.
            }
        }
    }

    /// <summary>Makes a folder inside that only the emulator's user can look into; the sandboxes' own users may have to pass through it.</summary>
    [SupportedOSPlatform("linux")]
    public string CreateFolder(string name, bool isPassable)
    {
        var path = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(path, isPassable ? OwnerOnly | UnixFileMode.OtherExecute : OwnerOnly);
        return path;
    }

    public async ValueTask DisposeAsync()
    {
        await RemoveAsync(Path, CancellationToken.None).ConfigureAwait(false);
        await _lock.DisposeAsync().ConfigureAwait(false);
    }

    private static FileStream Lock(string folder)
        => new(System.IO.Path.Combine(folder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);

    private static async Task RemoveAbandonedAsync(string parent, CancellationToken cancellationToken)
    {
        foreach (var folder in Directory.EnumerateDirectories(parent, $"{Prefix}*"))
        {
            try
            {
                var hold = Lock(folder);
                await using (hold.ConfigureAwait(false))
                {
                    await RemoveAsync(folder, cancellationToken).ConfigureAwait(false);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It is in use, or another user's.
            }
        }
    }

    /// <summary>The lock file goes last, so that whoever finds the folder meanwhile finds it locked.</summary>
    private static async Task RemoveAsync(string folder, CancellationToken cancellationToken)
    {
        foreach (var inside in Directory.EnumerateDirectories(folder))
        {
            await SandboxFiles.RemoveAsync(inside, cancellationToken).ConfigureAwait(false);
        }

        Directory.Delete(folder, recursive: true);
    }
}
