using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;

namespace ModalAI.Tests.Tools;

/// <summary>A directory of generated files with odd names, modes and owners, and with symbolic and hard links to them.</summary>
internal sealed class GeneratedTree
{
    private static readonly DateTimeOffset Time = new(2001, 2, 3, 4, 5, 6, TimeSpan.Zero);

    private static readonly string[] Names =
    [
        "plain{0}.txt", "-rf {0}", "--{0}", ".hidden{0}", "it's {0}", "\"quoted\" {0}", "new\nline{0}", "{0} ends with one\n", " blanks {0} ", "$(touch x){0}", "`touch x`{0}",
        "a*b?[{0}]", "ünïcödé🙂{0}", "back\\slash{0}", "tab\t{0}", "long{0}-" + "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789",
    ];

    private static readonly string[] Modes = ["644", "644", "600", "640", "755", "750", "664", "444", "400", "4755", "2750", "1644"];

    private readonly Random _random;
    private readonly MemoryStream _archive = new();
    private readonly TarWriter _writer;
    private readonly int _directories;

    public GeneratedTree(int seed, int count, bool hasOwners)
    {
        _random = new Random(seed);
        _directories = 1 + (count / 20);
        _writer = new TarWriter(_archive, TarEntryFormat.Gnu, leaveOpen: true);
        for (var i = 0; i < _directories; i++)
        {
            Add(TarEntryType.Directory, $"d{i}", i % 3 == 0 ? "700" : "755");
            Add(TarEntryType.SymbolicLink, $"way{i}", target: $"d{i}");
        }

        Add(TarEntryType.SymbolicLink, "dangling", target: "nowhere");
        Add(TarEntryType.SymbolicLink, "loop", target: "loop");
        Add(TarEntryType.Fifo, "pipe", "600");
        for (var i = 0; i < count; i++)
        {
            Add(i, hasOwners ? _random.Next(4) * 11 : 0);
        }

        _writer.Dispose();
    }

    public List<TreeFile> Files { get; } = [];

    public byte[] Archive => _archive.ToArray();

    /// <summary>Commands that give some files names that are no UTF-8, with links to them: an archive can't be written with those.</summary>
    public string Renames => string.Concat(
        Files.Where(static file => file.IsLatin).Select(static file =>
            $"n=$(printf 'caf\\351%s' {file.Index}); mv {file.Directory}/raw{file.Index} {file.Directory}/\"$n\"; ln -s \"$n\" {file.Directory}/to-raw{file.Index}\n"));

    private string AnyDirectory => $"d{_random.Next(_directories)}";

    /// <summary>What a tree holds: of each name its type, where it leads to, mode, owner, the names of the same file, size and hash, and whether a file is as old as at first.</summary>
    public static async Task<SortedDictionary<string, string>> DescribeAsync(Stream archive)
    {
        var entries = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var groups = new Dictionary<string, List<string>>();
        using var reader = new TarReader(archive);
        while (await reader.GetNextEntryAsync() is { } entry)
        {
            if (entry.EntryType == TarEntryType.HardLink)
            {
                groups[entry.LinkName].Add(entry.Name);
                continue;
            }

            var isFile = entry.EntryType is TarEntryType.RegularFile;
            var content = new MemoryStream();
            await (entry.DataStream?.CopyToAsync(content) ?? Task.CompletedTask);
            var hash = isFile ? Convert.ToHexString(SHA256.HashData(content.ToArray())) : "";
            var age = !isFile ? "" : entry.ModificationTime == Time ? "untouched" : "changed";
            entries[entry.Name] = $"{entry.EntryType} '{entry.LinkName}' {Convert.ToString((int)entry.Mode, 8)} {entry.Uid}:{entry.Gid} {content.Length} {hash} {age}";
            groups[entry.Name] = [entry.Name];
        }

        foreach (var (first, names) in groups.Where(static group => group.Value.Count > 1))
        {
            var text = $"{entries[first]} = {string.Join(" = ", names.Order(StringComparer.Ordinal))}";
            names.ForEach(name => entries[name] = text);
        }

        return entries;
    }

    private void Add(int index, int owner)
    {
        var isLatin = index % 50 == 7;
        var directory = AnyDirectory;
        var name = isLatin ? $"raw{index}" : string.Format(null, Names[_random.Next(Names.Length)], index);
        var path = $"{directory}/{name}";
        var content = new GeneratedFile(_random);
        Add(TarEntryType.RegularFile, path, Modes[_random.Next(Modes.Length)], content: content.Content, owner: owner);
        var file = new TreeFile(index, directory, content, isLatin);
        Files.Add(file);
        if (isLatin)
        {
            file.Links.Add($"{directory}/to-raw{index}");
            return;
        }

        file.Names.Add(path);
        file.Names.Add($"way{directory[1..]}/{name}");
        for (var i = _random.Next(8); i is 0 or 1; i++)
        {
            file.Names.Add($"{AnyDirectory}/hard{index}.{i}");
            Add(TarEntryType.HardLink, file.Names[^1], target: path);
        }

        var needsLink = name.Trim() != name || name.Contains('\n', StringComparison.Ordinal);
        if (needsLink || _random.Next(4) == 0)
        {
            file.Links.Add($"{AnyDirectory}/link{index}");
            Add(TarEntryType.SymbolicLink, file.Links[^1], target: $"../{path}");
            file.Links.Add($"{AnyDirectory}/chain{index}");
            Add(TarEntryType.SymbolicLink, file.Links[^1], target: $"../{file.Links[^2]}");
        }
    }

    private void Add(TarEntryType type, string name, string mode = "777", string? target = null, byte[]? content = null, int owner = 0)
    {
        var entry = new GnuTarEntry(type, name) { Mode = (UnixFileMode)Convert.ToInt32(mode, 8), Uid = owner, Gid = owner, ModificationTime = Time };
        if (target is not null)
        {
            entry.LinkName = target;
        }

        if (content is not null)
        {
            entry.DataStream = new MemoryStream(content);
        }

        _writer.WriteEntry(entry);
    }
}
