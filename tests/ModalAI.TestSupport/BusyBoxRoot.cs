using System.Diagnostics;

namespace ModalAI.TestSupport;

/// <summary>A root file system with nothing but BusyBox (Debian: busybox-static): the one program, and its many names.</summary>
public static class BusyBoxRoot
{
    /// <summary>Where the program is on this computer; null where it is not installed.</summary>
    public static string? Program { get; } = new[] { "/bin/busybox", "/usr/bin/busybox" }.FirstOrDefault(File.Exists);

    /// <summary>Makes the root file system in a directory that is made as well.</summary>
    public static async Task CreateAsync(string directory)
    {
        var program = Program ?? throw new InvalidOperationException("BusyBox is not installed.");
        var bin = Directory.CreateDirectory(Path.Join(directory, "bin")).FullName;
        File.Copy(program, Path.Join(bin, "busybox"));
        using (var process = Process.Start(program, ["--install", "-s", bin]))
        {
            await process.WaitForExitAsync().ConfigureAwait(false);
        }

        foreach (var link in new DirectoryInfo(bin).EnumerateFiles().Where(static file => file.LinkTarget is not null).ToList())
        {
            link.Delete();
            link.CreateAsSymbolicLink("busybox");
        }

        Directory.CreateDirectory(Path.Join(directory, "usr"));
        Directory.CreateSymbolicLink(Path.Join(directory, "usr/bin"), "../bin");
    }
}
