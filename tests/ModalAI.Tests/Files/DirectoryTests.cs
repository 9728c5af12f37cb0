using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using ModalAI.Files;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Files;

/// <summary>Directories both ways, and what a sandbox may try when it sends one.</summary>
[SupportedOSPlatform("linux")]
public sealed class DirectoryTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    private const int Mode0755 = 0x1ED;
    private readonly DirectoryInfo _local = Directory.CreateTempSubdirectory("modalai-tests-");

    private string Target => Path.Join(_local.FullName, "target");

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _local.Delete(recursive: true);
    }

    [Fact]
    public async Task CopyToLocal_TreeOfAllKinds_ArrivesAsItIs()
    {
        await using var lifetime = await CreateSandboxAsync();
        var name = new string('n', 200);
        await RunAsync(
            lifetime.Sandbox,
            $"mkdir -p /t/empty /t/a/b '/t/two words' && head -c 300000 /dev/urandom >/t/a/b/random && printf '#!/bin/sh' >/t/run && chmod 751 /t/run && printf x >'/t/new\nline' && printf y >'/t/two words/ünï 🙂' && "
            + $"ln -s ../run /t/a/link && ln -s /nowhere/at/all /t/dangling && printf z >/t/{name} && mkdir -p /t/{name}2/{name} && printf w >/t/{name}2/{name}/{name} && : >/t/nothing && ln /t/run /t/second && mkfifo /t/pipe && "
            + "mkdir /t/closed && printf c >/t/closed/file && chmod 555 /t/closed && printf h >/t/.hidden && printf d >/t/-dash && touch -d @1000000000 /t/-dash && sha256sum /t/a/b/random | cut -d' ' -f1");

        await lifetime.Sandbox.Files.CopyDirectoryToLocalAsync("/t", Target, cancellationToken: TestTimeout.Token);

        var hash = (await RunAsync(lifetime.Sandbox, "sha256sum /t/a/b/random | cut -d' ' -f1")).Trim();
        Assert.Equal(hash, Convert.ToHexStringLower(SHA256.HashData(await System.IO.File.ReadAllBytesAsync(Local("a/b/random")))));
        Assert.Equal("#!/bin/sh", await System.IO.File.ReadAllTextAsync(Local("run")));
        Assert.Equal(0x1E9, (int)System.IO.File.GetUnixFileMode(Local("run")));
        Assert.Equal(("x", "y"), (await System.IO.File.ReadAllTextAsync(Local("new\nline")), await System.IO.File.ReadAllTextAsync(Local("two words/ünï 🙂"))));
        Assert.Equal(("../run", "/nowhere/at/all"), (new FileInfo(Local("a/link")).LinkTarget, new FileInfo(Local("dangling")).LinkTarget));
        Assert.Equal(("z", "w"), (await System.IO.File.ReadAllTextAsync(Local(name)), await System.IO.File.ReadAllTextAsync(Local($"{name}2/{name}/{name}"))));
        Assert.Equal(("", "#!/bin/sh"), (await System.IO.File.ReadAllTextAsync(Local("nothing")), await System.IO.File.ReadAllTextAsync(Local("second"))));
        Assert.Equal(("c", 0x16D), (await System.IO.File.ReadAllTextAsync(Local("closed/file")), (int)System.IO.File.GetUnixFileMode(Local("closed"))));
        Assert.Equal(("h", "d"), (await System.IO.File.ReadAllTextAsync(Local(".hidden")), await System.IO.File.ReadAllTextAsync(Local("-dash"))));
        Assert.Equal(DateTime.UnixEpoch.AddSeconds(1_000_000_000), System.IO.File.GetLastWriteTimeUtc(Local("-dash")));
        Assert.Empty(Directory.GetFileSystemEntries(Local("empty")));
        Assert.False(Path.Exists(Local("pipe")));
        System.IO.File.SetUnixFileMode(Local("closed"), (UnixFileMode)Mode0755);
    }

    [Fact]
    public async Task CopyFromLocal_TreeOfAllKinds_ArrivesAsItIs()
    {
        await using var lifetime = await CreateSandboxAsync();
        var name = new string('n', 200);
        Directory.CreateDirectory(Local("empty"));
        Directory.CreateDirectory(Local($"{name}/{name}"));
        var bytes = RandomNumberGenerator.GetBytes(3_000_000);
        await System.IO.File.WriteAllBytesAsync(Local($"{name}/{name}/random"), bytes);
        await System.IO.File.WriteAllTextAsync(Local("run"), "#!/bin/sh\necho it runs");
        System.IO.File.SetUnixFileMode(Local("run"), (UnixFileMode)0x1E8);
        await System.IO.File.WriteAllTextAsync(Local("new\nline"), "x");
        await System.IO.File.WriteAllTextAsync(Local("ünï 🙂"), "y");
        await System.IO.File.WriteAllTextAsync(Local("-dash"), "d");
        await System.IO.File.WriteAllTextAsync(Local(".hidden"), "h");
        await System.IO.File.WriteAllTextAsync(Local("nothing"), "");
        System.IO.File.CreateSymbolicLink(Local("link"), "run");
        System.IO.File.CreateSymbolicLink(Local("out"), "/" + new string('l', 150));
        System.IO.File.CreateSymbolicLink(Local("folder"), _local.FullName);

        await lifetime.Sandbox.Files.CopyDirectoryFromLocalAsync(Target, "/a/made up/place", TestTimeout.Token);

        var text = await RunAsync(
            lifetime.Sandbox,
            $"cd '/a/made up/place' && ./link && stat -c %a run && cat 'new\nline' 'ünï 🙂' ./-dash .hidden nothing && echo && readlink out && readlink folder && ls empty | wc -l && sha256sum <{name}/{name}/random && stat -c %U run");
        Assert.Equal(
            $"it runs\n750\nxydh\n/{new string('l', 150)}\n{_local.FullName}\n0\n{Convert.ToHexStringLower(SHA256.HashData(bytes))}  -\nroot\n", text);
    }

    [Fact]
    public async Task CopyBothWays_ThousandsOfFiles_TakesOneCommandEach()
    {
        await using var lifetime = await CreateSandboxAsync();
        for (var number = 0; number < 3000; number++)
        {
            Directory.CreateDirectory(Local($"{number % 30}"));
            await System.IO.File.WriteAllTextAsync(Local($"{number % 30}/{number}"), $"content of {number}");
        }

        var before = Fixture.Emulator.Ledger.RpcCounts.GetValueOrDefault("TaskExecStart");
        await lifetime.Sandbox.Files.CopyDirectoryFromLocalAsync(Target, "/many", TestTimeout.Token);
        await lifetime.Sandbox.Files.CopyDirectoryToLocalAsync("/many", Target + "2", cancellationToken: TestTimeout.Token);

        Assert.Equal(before + 2, Fixture.Emulator.Ledger.RpcCounts["TaskExecStart"]);
        for (var number = 0; number < 3000; number++)
        {
            Assert.Equal($"content of {number}", await System.IO.File.ReadAllTextAsync(Path.Join(Target + "2", $"{number % 30}/{number}")));
        }
    }

    [Fact]
    public async Task CopyBothWays_OntoWhatIsThere_ReplacesFilesAndKeepsOthers()
    {
        await using var lifetime = await CreateSandboxAsync();
        await RunAsync(lifetime.Sandbox, "mkdir -p /t/d && echo new >/t/file && echo new >/t/d/inner && echo own >/t/other");
        Directory.CreateDirectory(Target);
        await System.IO.File.WriteAllTextAsync(Local("file"), "old and longer");
        await System.IO.File.WriteAllTextAsync(Local("d"), "a file where a directory comes");
        await System.IO.File.WriteAllTextAsync(Local("mine"), "mine");

        await lifetime.Sandbox.Files.CopyDirectoryToLocalAsync("/t", Target, cancellationToken: TestTimeout.Token);
        await System.IO.File.WriteAllTextAsync(Local("other"), "changed");
        await lifetime.Sandbox.Files.CopyDirectoryFromLocalAsync(Target, "/t", TestTimeout.Token);

        Assert.Equal(("new\n", "new\n", "mine"), (await System.IO.File.ReadAllTextAsync(Local("file")), await System.IO.File.ReadAllTextAsync(Local("d/inner")), await System.IO.File.ReadAllTextAsync(Local("mine"))));
        Assert.Equal("changednew\nmine", await RunAsync(lifetime.Sandbox, "cat /t/other /t/file /t/mine"));
    }

    [Fact]
    public async Task CopyToLocal_ThroughALinkThatWasThereBefore_ReplacesTheLink()
    {
        await using var lifetime = await CreateSandboxAsync();
        var outside = _local.CreateSubdirectory("outside");
        await System.IO.File.WriteAllTextAsync(Path.Join(outside.FullName, "file"), "precious");
        Directory.CreateDirectory(Target);
        System.IO.File.CreateSymbolicLink(Local("d"), outside.FullName);
        System.IO.File.CreateSymbolicLink(Local("file"), Path.Join(outside.FullName, "file"));
        await RunAsync(lifetime.Sandbox, "mkdir -p /t/d && echo new >/t/d/file && echo new >/t/file");

        await lifetime.Sandbox.Files.CopyDirectoryToLocalAsync("/t", Target, cancellationToken: TestTimeout.Token);

        Assert.Equal("precious", await System.IO.File.ReadAllTextAsync(Path.Join(outside.FullName, "file")));
        Assert.Equal(("new\n", "new\n"), (await System.IO.File.ReadAllTextAsync(Local("d/file")), await System.IO.File.ReadAllTextAsync(Local("file"))));
        Assert.Null(new FileInfo(Local("file")).LinkTarget);
    }

    [Theory]
    [InlineData("../escaped")]
    [InlineData("a/../../escaped")]
    [InlineData("/tmp/modalai-escaped")]
    [InlineData("./../escaped")]
    public async Task CopyToLocal_ArchiveWithANameThatLeadsOut_IsRefused(string name)
    {
        await using var lifetime = await CreateSandboxAsync();
        await PlantAsync(lifetime.Sandbox, File("before"), File(name), File("after"));

        var exception = await Assert.ThrowsAsync<ModalFileException>(() => lifetime.Sandbox.Files.CopyDirectoryToLocalAsync("/", Target, cancellationToken: TestTimeout.Token));

        Assert.Contains($"'{name}'", exception.Message, StringComparison.Ordinal);
        Assert.Equal(["target"], _local.GetFileSystemInfos().Select(info => info.Name));
        Assert.Equal(["before"], new DirectoryInfo(Target).GetFileSystemInfos().Select(info => info.Name));
        Assert.False(Path.Exists("/tmp/modalai-escaped"));
    }

    [Fact]
    public async Task CopyToLocal_ArchiveThatWritesThroughItsOwnLink_StaysInside()
    {
        await using var lifetime = await CreateSandboxAsync();
        var outside = _local.CreateSubdirectory("outside");
        await PlantAsync(
            lifetime.Sandbox,
            Link("way", outside.FullName),
            File("way/planted"),
            Link("up", ".."),
            Entry(TarEntryType.Directory, "up/outside/made"),
            File("up/planted"),
            Link("file", Path.Join(outside.FullName, "file")),
            File("file"));

        await lifetime.Sandbox.Files.CopyDirectoryToLocalAsync("/", Target, cancellationToken: TestTimeout.Token);

        Assert.Empty(outside.GetFileSystemInfos());
        Assert.Equal(["outside", "target"], _local.GetFileSystemInfos().Select(info => info.Name).Order());
        Assert.True(System.IO.File.Exists(Local("way/planted")));
        Assert.True(Directory.Exists(Local("up/outside/made")));
    }

    [Fact]
    public async Task CopyToLocal_ArchiveThatPutsALinkOverADirectory_IsRefused()
    {
        await using var lifetime = await CreateSandboxAsync();
        var outside = _local.CreateSubdirectory("outside");
        await PlantAsync(lifetime.Sandbox, File("d/one"), Link("d", outside.FullName), File("d/two"));

        await Assert.ThrowsAsync<IOException>(() => lifetime.Sandbox.Files.CopyDirectoryToLocalAsync("/", Target, cancellationToken: TestTimeout.Token));

        Assert.Empty(outside.GetFileSystemInfos());
    }

    [Theory]
    [InlineData("../outside/secret")]
    [InlineData("/etc/passwd")]
    [InlineData("way/secret")]
    [InlineData("missing")]
    public async Task CopyToLocal_ArchiveWithASecondNameOfSomethingOutside_IsRefused(string source)
    {
        await using var lifetime = await CreateSandboxAsync();
        var outside = _local.CreateSubdirectory("outside");
        await System.IO.File.WriteAllTextAsync(Path.Join(outside.FullName, "secret"), "secret");
        await PlantAsync(lifetime.Sandbox, Link("way", outside.FullName), new Planted(new TarEntry(TarEntryType.HardLink, "stolen", source, Mode0755, 0, default)));

        await Assert.ThrowsAsync<ModalFileException>(() => lifetime.Sandbox.Files.CopyDirectoryToLocalAsync("/", Target, cancellationToken: TestTimeout.Token));

        Assert.False(Path.Exists(Local("stolen")));
    }

    [Fact]
    public async Task CopyToLocal_ArchiveWithSpecialBitsAndDevices_TakesNeither()
    {
        await using var lifetime = await CreateSandboxAsync();
        await PlantAsync(lifetime.Sandbox, new Planted(new TarEntry(TarEntryType.File, "suid", "", 0xFFF, 1, default), "x"), new Planted(new TarEntry((TarEntryType)'3', "device", "", 0x1B6, 0, default)));

        await lifetime.Sandbox.Files.CopyDirectoryToLocalAsync("/", Target, cancellationToken: TestTimeout.Token);

        Assert.Equal(0x1FF, (int)System.IO.File.GetUnixFileMode(Local("suid")));
        Assert.False(Path.Exists(Local("device")));
    }

    [Theory]
    [InlineData("printf 'this is no archive at all'")]
    [InlineData("head -c 512 /dev/urandom")]
    [InlineData("head -c 100 /dev/zero | tr '\\0' A")]
    public async Task CopyToLocal_WhatIsNoArchive_IsRefused(string script)
    {
        await using var lifetime = await CreateSandboxAsync();
        await PlantScriptAsync(lifetime.Sandbox, script);

        await Assert.ThrowsAsync<ModalFileException>(() => lifetime.Sandbox.Files.CopyDirectoryToLocalAsync("/", Target, cancellationToken: TestTimeout.Token));
    }

    [Fact]
    public async Task CopyToLocal_ArchiveWithAGiganticName_IsRefusedWithoutTakingIt()
    {
        await using var lifetime = await CreateSandboxAsync();
        await PlantAsync(lifetime.Sandbox, new Planted(new TarEntry((TarEntryType)'L', "long", "", Mode0755, 2_000_000_000, default)));

        var exception = await Assert.ThrowsAsync<ModalFileException>(() => lifetime.Sandbox.Files.CopyDirectoryToLocalAsync("/", Target, cancellationToken: TestTimeout.Token));

        Assert.Contains("2000000000 bytes", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CopyToLocal_MoreThanTheLimit_IsRefusedAndLeavesNoHalfFile()
    {
        await using var lifetime = await CreateSandboxAsync();
        await RunAsync(lifetime.Sandbox, "mkdir /t && echo small >/t/a && head -c 3000000 /dev/zero >/t/big");

        await Assert.ThrowsAsync<ModalFileTooLargeException>(() => lifetime.Sandbox.Files.CopyDirectoryToLocalAsync("/t", Target, maxBytes: 1_000_000, TestTimeout.Token));

        Assert.DoesNotContain(new DirectoryInfo(Target).GetFiles(), file => file.Name is not "a");
    }

    [Fact]
    public async Task CopyToLocal_EndlessArchive_EndsAtTheLimit()
    {
        await using var lifetime = await CreateSandboxAsync();
        await PlantAsync(lifetime.Sandbox, file: "/one.tar", ends: false, File("same"));
        await PlantScriptAsync(lifetime.Sandbox, "while cat /one.tar; do :; done");

        await Assert.ThrowsAsync<ModalFileTooLargeException>(() => lifetime.Sandbox.Files.CopyDirectoryToLocalAsync("/", Target, maxBytes: 200_000, TestTimeout.Token));
    }

    [Fact]
    public async Task CopyToLocal_Cancelled_LeavesNoHalfFile()
    {
        await using var lifetime = await CreateSandboxAsync();
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(TestTimeout.Token);

        // The header promises more than ever comes.
        await PlantAsync(lifetime.Sandbox, file: "/one.tar", ends: false, File("complete"), new Planted(new TarEntry(TarEntryType.File, "half", "", Mode0755, 1_000_000, default), "begun"));
        await PlantScriptAsync(lifetime.Sandbox, "cat /one.tar; exec sleep 600");
        var copying = lifetime.Sandbox.Files.CopyDirectoryToLocalAsync("/", Target, cancellationToken: cancellation.Token);
        var limit = TestTimeout.Token;
        while (!Directory.Exists(Target) || Directory.GetFiles(Target).Length < 2)
        {
            await Task.Delay(5, limit);
        }

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => copying);
        Assert.Equal(["complete"], Directory.GetFiles(Target).Select(Path.GetFileName));
        limit = TestTimeout.Token;
        while (Fixture.Emulator.Ledger.LiveProcesses.Count > 0)
        {
            await Task.Delay(5, limit);
        }
    }

    [Fact]
    public async Task CopyFromLocal_Cancelled_EndsTheCommand()
    {
        await using var lifetime = await CreateSandboxAsync();
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(TestTimeout.Token);
        Directory.CreateDirectory(Target);
        await System.IO.File.WriteAllBytesAsync(Local("big"), new byte[20_000_000]);
        await PlantScriptAsync(lifetime.Sandbox, "exec sleep 600");
        var copying = lifetime.Sandbox.Files.CopyDirectoryFromLocalAsync(Target, "/t", cancellation.Token);
        var limit = TestTimeout.Token;
        while (Fixture.Emulator.Ledger.LiveProcesses.Count == 0)
        {
            await Task.Delay(5, limit);
        }

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => copying);
        limit = TestTimeout.Token;
        while (Fixture.Emulator.Ledger.LiveProcesses.Count > 0)
        {
            await Task.Delay(5, limit);
        }
    }

    [Fact]
    public async Task Copy_OfWhatIsNoDirectory_SaysSo()
    {
        await using var lifetime = await CreateSandboxAsync();
        var files = lifetime.Sandbox.Files;
        await files.WriteAllTextAsync("/file", "x", TestTimeout.Token);

        await Assert.ThrowsAsync<ModalFileNotFoundException>(() => files.CopyDirectoryToLocalAsync("/not/there", Target, cancellationToken: TestTimeout.Token));
        await Assert.ThrowsAsync<ModalNotADirectoryException>(() => files.CopyDirectoryToLocalAsync("/file", Target, cancellationToken: TestTimeout.Token));
        await Assert.ThrowsAsync<DirectoryNotFoundException>(() => files.CopyDirectoryFromLocalAsync(Target, "/t", TestTimeout.Token));
        Directory.CreateDirectory(Target);
        await Assert.ThrowsAsync<ModalFileException>(() => files.CopyDirectoryFromLocalAsync(Target, "/file", TestTimeout.Token));
        await Assert.ThrowsAsync<ModalException>(() => files.CopyDirectoryFromLocalAsync(Target, "relative", TestTimeout.Token));
    }

    [Fact]
    public async Task Copy_WithoutTar_NamesIt()
    {
        await using var lifetime = await CreateSandboxAsync();
        await RunAsync(lifetime.Sandbox, "mkdir /t; rm -f $(which -a tar)");
        Directory.CreateDirectory(Target);

        var down = await Assert.ThrowsAsync<ModalFileException>(() => lifetime.Sandbox.Files.CopyDirectoryToLocalAsync("/t", Target, cancellationToken: TestTimeout.Token));
        var up = await Assert.ThrowsAsync<ModalFileException>(() => lifetime.Sandbox.Files.CopyDirectoryFromLocalAsync(Target, "/t", TestTimeout.Token));

        Assert.All([down, up], exception => Assert.Contains("needs the program tar", exception.Message, StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task Copy_WithBusyBox_WorksBothWays()
    {
        await using var lifetime = await CreateSandboxAsync();
        Skip.IfNot((await lifetime.Sandbox.ExecuteAsync("busybox tar --help", TestTimeout.Token)).ExitCode == 0, "This computer has no BusyBox with tar.");
        await PlantScriptAsync(lifetime.Sandbox, "exec busybox tar \"$@\"");
        var name = new string('n', 180);
        Directory.CreateDirectory(Local($"{name}/empty"));
        await System.IO.File.WriteAllTextAsync(Local($"{name}/ünï\n"), "text");
        System.IO.File.SetUnixFileMode(Local($"{name}/ünï\n"), (UnixFileMode)Mode0755);
        System.IO.File.CreateSymbolicLink(Local("link"), new string('l', 150));

        await lifetime.Sandbox.Files.CopyDirectoryFromLocalAsync(Target, "/t", TestTimeout.Token);
        await lifetime.Sandbox.Files.CopyDirectoryToLocalAsync("/t", Target + "2", cancellationToken: TestTimeout.Token);

        var back = Target + "2";
        Assert.Equal("text", await System.IO.File.ReadAllTextAsync(Path.Join(back, $"{name}/ünï\n")));
        Assert.Equal(Mode0755, (int)System.IO.File.GetUnixFileMode(Path.Join(back, $"{name}/ünï\n")));
        Assert.True(Directory.Exists(Path.Join(back, $"{name}/empty")));
        Assert.Equal(new string('l', 150), new FileInfo(Path.Join(back, "link")).LinkTarget);
    }

    [Fact]
    public async Task CopyToLocal_OfGnuAndPosixArchives_ReadsLongNamesAndSizes()
    {
        await using var lifetime = await CreateSandboxAsync();
        var name = string.Join('/', Enumerable.Repeat(new string('ü', 60), 5));
        foreach (var format in (string[])["gnu", "posix", "ustar"])
        {
            var path = format == "ustar" ? "short" : name;
            await RunAsync(lifetime.Sandbox, $"rm -rf /{format} && mkdir -p '/{format}/{path}' && printf {format} >'/{format}/{path}/file'");
            await PlantScriptAsync(lifetime.Sandbox, $"exec /usr/bin/tar --format={format} \"$@\"");

            await lifetime.Sandbox.Files.CopyDirectoryToLocalAsync($"/{format}", Target, cancellationToken: TestTimeout.Token);

            Assert.Equal(format, await System.IO.File.ReadAllTextAsync(Local($"{path}/file")));
        }
    }

    private static Planted File(string name) => new(new TarEntry(TarEntryType.File, name, "", Mode0755, 7, default), "planted");

    private static Planted Link(string name, string target) => new(new TarEntry(TarEntryType.SymbolicLink, name, target, Mode0755, 0, default));

    private static Planted Entry(TarEntryType type, string name) => new(new TarEntry(type, name, "", Mode0755, 0, default));

    private static async Task<string> RunAsync(ModalSandbox sandbox, string script)
    {
        var result = await sandbox.ExecuteAsync(script, TestTimeout.Token);
        Assert.True(result.ExitCode == 0, result.StandardError);
        return result.StandardOutput;
    }

    /// <summary>Has the sandbox's tar answer with entries of our choice.</summary>
    private static async Task PlantAsync(ModalSandbox sandbox, params Planted[] entries)
    {
        await PlantAsync(sandbox, "/planted.tar", ends: true, entries);
        await PlantScriptAsync(sandbox, "cat /planted.tar");
    }

    private static async Task PlantAsync(ModalSandbox sandbox, string file, bool ends, params Planted[] entries)
    {
        using var archive = new MemoryStream();
        var writer = new TarWriter(archive);
        foreach (var (entry, content) in entries)
        {
            await writer.WriteHeaderAsync(entry, TestTimeout.Token);
            archive.Write(Encoding.UTF8.GetBytes(content));
            if (entry.Size == content.Length)
            {
                await writer.PadAsync(entry.Size, TestTimeout.Token);
            }
        }

        if (ends)
        {
            await writer.FinishAsync(TestTimeout.Token);
        }

        await sandbox.Files.WriteAllBytesAsync(file, archive.ToArray(), TestTimeout.Token);
    }

    /// <summary>Puts a script in the place of the sandbox's tar.</summary>
    private static async Task PlantScriptAsync(ModalSandbox sandbox, string script)
    {
        await sandbox.Files.WriteAllTextAsync("/usr/local/bin/tar", "#!/bin/sh\n" + script, TestTimeout.Token);
        await RunAsync(sandbox, "chmod +x /usr/local/bin/tar");
    }

    private string Local(string path) => Path.Join(Target, path);

    private sealed record Planted(TarEntry Entry, string Content = "");
}
