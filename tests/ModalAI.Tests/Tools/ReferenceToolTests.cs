using System.Formats.Tar;
using System.Text;
using ModalAI.TestSupport;
using ModalAI.Tools;
using ModalAI.Tools.Patches;

namespace ModalAI.Tests.Tools;

/// <summary>
/// Trees of generated files, changed by the tools and by patch, sed and coreutils: they have to come out the same in names, types, targets of links, hard links,
/// modes, owners and contents.
/// </summary>
/// <remarks>
/// <c>patch</c> and <c>sed -i</c> put a new file in the place of the old one, which breaks its hard links. What a careful engineer does instead, and what the
/// tools have to equal: let them make a copy, and <c>cat</c> it over the file, which follows symbolic links and keeps the rest.
/// </remarks>
public sealed class ReferenceToolTests(BusyBoxFixture fixture) : EmulatorTest(fixture), IClassFixture<BusyBoxFixture>
{
    private const int Seed = 20;
    private const int CallsAtOnce = 8;
    private const int FilesOfAPatch = 7;

    private static readonly int Files = TestSize.Of(ci: 25, full: 1000);

    [SkippableTheory]
    [InlineData(null)]
    [InlineData(BusyBoxFixture.Tag)]
    public async Task Edits_OfGeneratedFiles_LeaveTheTreeThatReferenceToolsLeave(string? image)
    {
        await using var reference = await CreateAsync(image: null);
        Skip.If((await reference.Sandbox.ExecuteAsync("command -v patch", TestTimeout.Token)).ExitCode != 0, "patch is not installed (Debian: patch).");
        await using var sandbox = await CreateAsync(image);
        var tree = new GeneratedTree(Seed, Files, await MayChangeOwnersAsync(reference.Sandbox));
        await PutAsync(reference.Sandbox, tree, "patch", "sed", "coreutils");
        await PutAsync(sandbox.Sandbox, tree, "-write", "-edit", "-lines", "-patch");

        var expected = await ChangeAsync(reference.Sandbox, tree, "patch", PatchCommands);
        AssertSame(expected, await ChangeAsync(reference.Sandbox, tree, "sed", SedCommands), "sed");
        AssertSame(expected, await ChangeAsync(reference.Sandbox, tree, "coreutils", CoreCommands), "coreutils");

        var context = new FileToolContext(sandbox.Sandbox);
        await CallAsync(tree.Files, "-write", (file, path) => WriteTool.RunAsync(context, path, file.Content.Written, TestTimeout.Token));
        await CallAsync(tree.Files, "-edit", (file, path) => file.Content.TextEdits is { Count: > 0 } edits
            ? EditTool.RunAsync(context, path, edits, TestTimeout.Token)
            : WriteTool.RunAsync(context, path, file.Content.Written, TestTimeout.Token));
        await CallAsync(tree.Files, "-lines", (file, path) => EditTool.RunAsync(context, path, file.Content.LineEdits, TestTimeout.Token));
        await PatchAsync(context, tree.Files.Select(file => Update(file, file.AnyPath(new Random(file.Index), forPatch: true), "-patch")));
        foreach (var name in (string[])["-write", "-edit", "-lines", "-patch"])
        {
            AssertSame(expected, await DescribeAsync(sandbox.Sandbox, name), name);
        }
    }

    [SkippableTheory]
    [InlineData(null)]
    [InlineData(BusyBoxFixture.Tag)]
    public async Task Patches_ThatAddDeleteMoveAndUpdate_LeaveTheTreeThatReferenceToolsLeave(string? image)
    {
        await using var reference = await CreateAsync(image: null);
        await using var sandbox = await CreateAsync(image);
        var tree = new GeneratedTree(Seed + 1, Files, await MayChangeOwnersAsync(reference.Sandbox));
        await PutAsync(reference.Sandbox, tree, "coreutils");
        await PutAsync(sandbox.Sandbox, tree, "-patch");
        var steps = tree.Files.Select(static file => Step(file, new Random(file.Index))).ToList();

        await RunAsync(reference.Sandbox, string.Concat(steps.Select(static step => step.Commands)), "coreutils");
        await PatchAsync(new FileToolContext(sandbox.Sandbox), steps.Select(static step => step.Patch));

        AssertSame(await DescribeAsync(reference.Sandbox, "coreutils"), await DescribeAsync(sandbox.Sandbox, "-patch"), "-patch");
    }

    /// <summary>What is done with one file: as a part of a patch, and as commands.</summary>
    private static (string Patch, string Commands) Step(TreeFile file, Random random)
    {
        var content = file.Content;
        var target = $"made{file.Index % 7}/-{file.Index % 3}/it's {file.Index}";
        var set = $"f={GeneratedFile.Quote(target)}; mkdir -p \"${{f%/*}}\"; ";
        var name = file.OwnName(random);
        var path = file.AnyPath(random, forPatch: true);
        switch (random.Next(6))
        {
            case 0 when name is not null:
                return ($"*** Delete File: -patch/{name}\n", $"rm -- {GeneratedFile.Quote(name)}\n");
            case 1 when file.Links.Count > 0:
                return ($"*** Delete File: -patch/{file.Links[0]}\n", $"rm -- {GeneratedFile.Quote(file.Links[0])}\n");
            case 2 when name is not null:
                return (
                    $"*** Update File: -patch/{name}\n*** Move to: -patch/{target}\n{content.PatchChunks}",
                    $"{set}mv -- {GeneratedFile.Quote(name)} \"$f\"; {CoreCommands(file)}");
            case 3 when name is not null:
                return (
                    $"*** Update File: -patch/{name}\n*** Move to: -patch/{target}\n",
                    $"{set}mv -- {GeneratedFile.Quote(name)} \"$f\"\n");
            case 4:
                // Neither a patch nor a shell's word can hold all bytes.
                var lines = Encoding.UTF8.GetString(content.Written).Replace('\r', '.').Replace('\0', '.').TrimEnd('\n').Split('\n');
                return (
                    $"*** Add File: -patch/{target}\n{string.Concat(lines.Select(static line => $"+{line}\n"))}",
                    $"{set}{{ {string.Concat(lines.Select(static line => $"printf '%s\\n' {GeneratedFile.Quote(line)}; "))}}} >\"$f\"\n");
            default:
                return (Update(file, path, "-patch"), $"f={GeneratedFile.Quote(path)}; {CoreCommands(file)}");
        }
    }

    private static string Update(TreeFile file, string path, string tree) => $"*** Update File: {tree}/{path}\n{file.Content.PatchChunks}";

    private static string PatchCommands(TreeFile file) =>
        $"cat \"$f\" >../new; patch --binary --quiet ../new ../changes/{file.Index}.diff; cat ../new >\"$f\"\n";

    private static string SedCommands(TreeFile file) => file.Content.Sed is null
        ? CoreCommands(file)
        : $"sed -f ../changes/{file.Index}.sed \"$f\" >../new; cat ../new >\"$f\"\n";

    private static string CoreCommands(TreeFile file) => $"{{ {file.Content.Commands}}} >../new; cat ../new >\"$f\"\n";

    /// <summary>Makes the same tree some times over.</summary>
    private static async Task PutAsync(ModalSandbox sandbox, GeneratedTree tree, params string[] names)
    {
        await sandbox.Files.WriteAllBytesAsync("/work/tree.tar", tree.Archive, TestTimeout.Token);
        await RunAsync(sandbox, $"tar -xpf ../tree.tar\n{tree.Renames}", "origin");
        await RunAsync(sandbox, "mkdir -p /tmp", ".");
        foreach (var name in names)
        {
            await RunAsync(sandbox, "cp -a ../origin/. .", name);
        }
    }

    private static async Task<SortedDictionary<string, string>> ChangeAsync(ModalSandbox sandbox, GeneratedTree tree, string name, Func<TreeFile, string> commands)
    {
        await sandbox.Files.CreateDirectoryAsync("/work/changes", cancellationToken: TestTimeout.Token);
        var changes = new MemoryStream();
        using (var writer = new TarWriter(changes, leaveOpen: true))
        {
            foreach (var file in tree.Files)
            {
                Add(writer, $"{file.Index}.diff", file.Content.Diff);
                Add(writer, $"{file.Index}.sed", file.Content.Sed ?? []);
            }
        }

        await sandbox.Files.WriteAllBytesAsync("/work/changes.tar", changes.ToArray(), TestTimeout.Token);
        await RunAsync(sandbox, "tar -xf ../changes.tar", "changes");
        await RunAsync(
            sandbox, string.Concat(tree.Files.Select(file => $"f={GeneratedFile.Quote(file.AnyPath(new Random(file.Index)))}\n{commands(file)}")), name);
        return await DescribeAsync(sandbox, name);

        static void Add(TarWriter writer, string name, byte[] content) => writer.WriteEntry(
            new GnuTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
    }

    /// <summary>Runs commands in a directory below /work, which is made, and fails when one of them does.</summary>
    private static async Task RunAsync(ModalSandbox sandbox, string commands, string directory)
    {
        await sandbox.Files.WriteAllTextAsync("/work/script", commands, cancellationToken: TestTimeout.Token);
        var command = ModalCommand.Create(
            "/bin/sh", ["-c", "export LC_ALL=C; set -e; mkdir -p -- \"$1\"; cd -- \"$1\"; . /work/script", "sh", directory]);
        var result = await sandbox.ExecuteAsync(command with { WorkingDirectory = "/work" }, TestTimeout.Token);
        Assert.True(result.ExitCode == 0 && result.StandardError.Length == 0, $"{directory}: exit code {result.ExitCode}: {result.StandardError}{result.StandardOutput}");
    }

    private static async Task<SortedDictionary<string, string>> DescribeAsync(ModalSandbox sandbox, string name)
    {
        await RunAsync(sandbox, "tar -cf ../result.tar .", name);
        return await GeneratedTree.DescribeAsync(new MemoryStream(await sandbox.Files.ReadAllBytesAsync("/work/result.tar", cancellationToken: TestTimeout.Token)));
    }

    private static void AssertSame(SortedDictionary<string, string> expected, SortedDictionary<string, string> actual, string name)
    {
        Assert.InRange(expected.Count, Files, int.MaxValue);
        var different = expected.Keys.Union(actual.Keys).Where(path => expected.GetValueOrDefault(path) != actual.GetValueOrDefault(path)).ToList();
        Assert.True(
            different.Count == 0,
            $"{name}: {different.Count} entries differ: "
            + string.Concat(different.Take(5).Select(path => $"\n{path}\n expected {expected.GetValueOrDefault(path)}\n actual   {actual.GetValueOrDefault(path)}")));
    }

    private static async Task CallAsync(IEnumerable<TreeFile> files, string tree, Func<TreeFile, string, Task<ToolReply>> call) =>
        await Parallel.ForEachAsync(files, new ParallelOptions { MaxDegreeOfParallelism = CallsAtOnce }, async (file, _) =>
        {
            var reply = await call(file, $"{tree}/{file.AnyPath(new Random(file.Index))}");
            Assert.True(reply.Failure is null, $"file {file.Index}: {reply.Text}");
        });

    private static async Task PatchAsync(FileToolContext context, IEnumerable<string> parts) =>
        await Parallel.ForEachAsync(parts.Chunk(FilesOfAPatch), new ParallelOptions { MaxDegreeOfParallelism = CallsAtOnce }, async (chunk, _) =>
        {
            var patch = $"*** Begin Patch\n{string.Concat(chunk)}*** End Patch\n";
            var reply = await ApplyPatchTool.RunAsync(context, patch, "apply_patch", TestTimeout.Token);
            Assert.True(reply.Failure is null, $"{reply.Text}\n{patch}");
        });

    private static async Task<bool> MayChangeOwnersAsync(ModalSandbox sandbox) =>
        (await sandbox.ExecuteAsync("touch probe && chown 12:34 probe; rm probe", TestTimeout.Token)).StandardError.Length == 0;

    private async Task<SandboxLifetime> CreateAsync(string? image)
    {
        Skip.If(image is not null && BusyBoxRoot.Program is null, "busybox is not installed (Debian: busybox-static).");
        return await CreateSandboxAsync(options => options with
        {
            WorkingDirectory = "/work",
            Image = image is null ? options.Image : ModalImage.FromRegistry(image),
        });
    }
}
