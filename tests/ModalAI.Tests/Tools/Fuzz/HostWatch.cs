using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace ModalAI.Tests.Tools.Fuzz;

/// <summary>A directory of this computer with a file in it, which notices whoever opens, makes, changes or removes anything there.</summary>
internal sealed partial class HostWatch : IDisposable
{
    private const int NonBlocking = 0x800;
    private const uint Modify = 0x2;
    private const uint Attributes = 0x4;
    private const uint Open = 0x20;
    private const uint Moved = 0xC0;
    private const uint Create = 0x100;
    private const uint Delete = 0x200;

    private readonly SafeFileHandle _events;

    /// <param name="directory">The directory, which is made.</param>
    public HostWatch(string directory)
    {
        Directory = System.IO.Directory.CreateDirectory(directory).FullName;
        Canary = Path.Combine(Directory, "canary.txt");
        File.WriteAllText(Canary, "Nobody reads this.");
        _events = new SafeFileHandle(Start(NonBlocking), ownsHandle: true);
        Assert.True(Add((int)_events.DangerousGetHandle(), Directory, Modify | Attributes | Open | Moved | Create | Delete) >= 0);
    }

    public string Directory { get; }

    /// <summary>The file.</summary>
    public string Canary { get; }

    /// <summary>Fails where anything was touched; proves that it would have been seen.</summary>
    public void AssertUntouched()
    {
        Assert.Equal("", TakeNames());
        Assert.Equal("Nobody reads this.", File.ReadAllText(Canary));
        Assert.Contains(Path.GetFileName(Canary), TakeNames(), StringComparison.Ordinal);
    }

    public void Dispose() => _events.Dispose();

    /// <summary>
    /// Which files something has happened to since this was asked last. That the directory itself was opened is not looked at: whatever tidies up this computer's
    /// temporary files does that.
    /// </summary>
    private string TakeNames()
    {
        var buffer = new byte[64 * 1024];
        var length = Read((int)_events.DangerousGetHandle(), buffer, buffer.Length);
        var names = new StringBuilder();
        for (var at = 0; at < length;)
        {
            // Each event has four numbers, the last of which is the length of the name that follows.
            var nameLength = BitConverter.ToInt32(buffer, at + (3 * sizeof(int)));
            at += 4 * sizeof(int);
            names.Append(Encoding.UTF8.GetString(buffer, at, nameLength).TrimEnd('\0'));
            at += nameLength;
        }

        return names.ToString();
    }

    [LibraryImport("libc", EntryPoint = "inotify_init1")]
    private static partial int Start(int flags);

    [LibraryImport("libc", EntryPoint = "inotify_add_watch", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Add(int events, string path, uint mask);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial nint Read(int file, [Out] byte[] buffer, nint length);
}
