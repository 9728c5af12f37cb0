using System.Text.Json;

namespace ModalAI.Tools.Code;

/// <summary>Finds what is new in the folder of a code interpreter, and brings it over, in one command.</summary>
internal static class CodeFiles
{
    /// <summary>A larger file is named, but not brought over.</summary>
    private const int MaxFileBytes = 1024 * 1024;

    private const int MaxTotalBytes = 10 * 1024 * 1024;
    private const int MaxFiles = 50;

    /// <summary>Beyond this many files in the folder nothing is looked for.</summary>
    private const int MaxKnown = 10_000;

    /// <summary>Arguments are the folder and the limits; the input is what was there before, or null for a first look.</summary>
    private const string Script =
        """
        import base64, json, os, stat, sys
        root, max_file, max_total, max_files, max_known = sys.argv[1], *map(int, sys.argv[2:])
        before, known, changed = json.load(sys.stdin), {}, []
        for folder, folders, names in os.walk(root):
            folders[:] = [name for name in folders if name not in (".git", "__pycache__")]
            for name in names:
                path = os.path.join(folder, name)
                try:
                    status = os.lstat(path)
                except OSError:
                    continue
                if stat.S_ISREG(status.st_mode):
                    name = os.path.relpath(path, root).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
                    known[name] = "%d %d %d" % (status.st_mtime_ns, status.st_size, status.st_ino)
                    if before is not None and before.get(name) != known[name]:
                        changed.append((status.st_mtime_ns, name, path))
                if len(known) > max_known:
                    sys.exit(1)
        files, total = [], 0
        for _, name, path in sorted(changed):
            data, size = None, 0
            try:
                with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
                    size = os.fstat(file.fileno()).st_size
                    if size <= min(max_file, max_total - total) and sum(file["data"] is not None for file in files) < max_files:
                        data = file.read(size)
                        total += len(data)
            except OSError:
                pass
            if len(files) < 2 * max_files:
                files.append({"name": name, "size": size, "data": None if data is None else base64.b64encode(data).decode()})
        json.dump({"known": known, "files": files}, sys.stdout)
        """;

    /// <param name="sandbox">The sandbox.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="before">What <see cref="CodeFolder.Known"/> said before; null for a first look, which takes all for known.</param>
    /// <param name="cancellationToken">Stops looking.</param>
    /// <returns>Null where the sandbox gave no answer that is understood.</returns>
    public static async Task<CodeFolder?> LookAsync(
        ModalSandbox sandbox, string folder, IReadOnlyDictionary<string, string>? before, CancellationToken cancellationToken)
    {
        using var input = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(before, CodeJson.Default.IReadOnlyDictionaryStringString));
        int[] limits = [MaxFileBytes, MaxTotalBytes, MaxFiles, MaxKnown];
        var command = PythonCommand.Create(Script, [folder, .. limits.Select(static limit => $"{limit}")]) with
        {
            StandardInput = input,
            Timeout = ToolLimits.WorkTimeout,
        };
        var result = await sandbox.ExecuteAsync(command, cancellationToken).ConfigureAwait(false);
        try
        {
            return result.IsSuccess ? JsonSerializer.Deserialize(result.StandardOutput, CodeJson.Default.CodeFolder) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
