namespace ModalAI.Conformance.Support;

/// <summary>A directory that stands for a bucket, with a few objects in it.</summary>
internal sealed class BucketFolder : IDisposable
{
    public BucketFolder()
    {
        Directory.CreateDirectory(System.IO.Path.Combine(Path, "2026"));
        File.WriteAllText(System.IO.Path.Combine(Path, "index.txt"), "index\n");
        File.WriteAllText(System.IO.Path.Combine(Path, "2026", "january.txt"), "january\n");
        File.CreateSymbolicLink(System.IO.Path.Combine(Path, "link"), "/");
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("modalai-bucket-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
