using ModalAI.Emulator.Isolation;
using ModalAI.TestSupport;
using Xunit;

namespace ModalAI.Emulator.Tests.Isolation;

/// <summary>What a sandbox wrote as the start of others, in each way of isolating that this computer can do.</summary>
public sealed class SandboxLayerTests(LayerFixture fixture) : IClassFixture<LayerFixture>
{

    public static TheoryData<string, bool> Cases
    {
        get
        {
            var cases = new TheoryData<string, bool>();
            foreach (var tier in Tiers.Possible)
            {
                cases.Add(tier, false);
                cases.Add(tier, true);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Layer_OfEveryKindOfFile_ShowsThemAsTheyWere(string tier, bool ended)
    {
        const string Write = """
            mkdir -p /srv/d /usr/local/share/made && cd /srv/d && echo text >file && chmod 640 file && ln file hard && ln -s /etc/passwd link && mkfifo pipe
            cp /usr/bin/env setuid && chmod 4711 setuid && truncate -s 1G sparse && mkdir sticky && chmod 1777 sticky && touch -d @1000000000.123456789 old
            echo x >'-odd  name
            of $(two) lines' && chmod 000 sparse && echo y >/usr/local/share/made/file && echo z >/tmp/file && rm /usr/bin/env && rm -r /etc/apt
            rm -rf /etc/alternatives && mkdir /etc/alternatives && echo new >/etc/alternatives/only && rm -r /usr/share/doc && mkdir /usr/share/doc && echo d >/usr/share/doc/only
            chown 0:7 old 2>/dev/null || :; touch -h -d @1000000001 link
            """;
        const string Look = """
            cd /srv/d && ls -A1 | LC_ALL=C sort; stat -c '%n %F %a %u %g %h %s %b %.9Y' file hard pipe setuid sparse sticky old; cat file; stat -c '%N %Y' link; cat -- -odd*
            cat /usr/local/share/made/file /tmp/file; ls /usr/bin/env /etc/apt 2>&1; ls -A /etc/alternatives /usr/share/doc
            """;
        var host = await fixture.StartAsync(tier);
        var first = await CreateAsync(host);
        var written = await first.RunAsync(Write);
        Assert.Equal((0, ""), (written.ExitCode, written.Error));
        var before = await first.RunAsync(Look);
        Assert.Contains("/etc/alternatives:\nonly\n", before.Output, StringComparison.Ordinal);

        var layer = ended ? await first.EndIntoLayerAsync() : await first.CopyLayerAsync(TestTimeout.Token);
        await first.DisposeAsync();
        await using var second = await CreateAsync(host, layer);
        var after = await second.RunAsync(Look);

        Assert.Equal(before, after);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Layer_OfASandboxThatStandsOnLayers_AddsToThem(string tier, bool ended)
    {
        var host = await fixture.StartAsync(tier);
        var layers = new List<SandboxLayer>();
        foreach (var script in new[] { "mkdir /srv/a && echo 1 >/srv/a/one && echo 1 >/srv/a/two", "rm /srv/a/one; echo 2 >/srv/a/two", "rm -r /srv/a; mkdir /srv/a; echo 3 >/srv/a/three", "echo 4 >/srv/a/one" })
        {
            await using var sandbox = await CreateAsync(host, [.. layers]);
            Assert.Equal(0, (await sandbox.RunAsync(script)).ExitCode);
            layers.Add(ended ? await sandbox.EndIntoLayerAsync() : await sandbox.CopyLayerAsync(TestTimeout.Token));
        }

        var seen = new List<string>();
        for (var count = 1; count <= layers.Count; count++)
        {
            await using var sandbox = await CreateAsync(host, [.. layers.Take(count)]);
            seen.Add((await sandbox.RunAsync("cd /srv/a && for name in *; do echo $name $(cat $name); done")).Output);
        }

        Assert.Equal(["one 1\ntwo 1\n", "two 2\n", "three 3\n", "one 4\nthree 3\n"], seen);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Layer_OfASandboxThatWroteNothing_IsEmpty(string tier, bool ended)
    {
        var host = await fixture.StartAsync(tier);
        await using var sandbox = await CreateAsync(host);
        Assert.Equal(0, (await sandbox.RunAsync("ls -R /usr/bin >/dev/null; true >/dev/null")).ExitCode);

        var layer = ended ? await sandbox.EndIntoLayerAsync() : await sandbox.CopyLayerAsync(TestTimeout.Token);

        Assert.True(layer.IsEmpty, string.Join(' ', Directory.EnumerateFileSystemEntries(layer.Path, "*", SearchOption.AllDirectories)));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Layer_UnderASandboxThatWrites_DoesNotChange(string tier, bool ended)
    {
        var host = await fixture.StartAsync(tier);
        await using var first = await CreateAsync(host);
        await first.RunAsync("echo first >/srv/file; echo first >/usr/local/file; mkdir /srv/directory");
        var layer = ended ? await first.EndIntoLayerAsync() : await first.CopyLayerAsync(TestTimeout.Token);
        await using var second = await CreateAsync(host, layer);
        Assert.Equal(0, (await second.RunAsync("echo more >>/srv/file && chmod 777 /usr/local/file && echo x >/usr/local/file && rm -r /srv/directory")).ExitCode);
        await using var third = await CreateAsync(host, layer);

        var result = await third.RunAsync("cat /srv/file /usr/local/file; stat -c %a /usr/local/file; ls -d /srv/directory");

        Assert.Equal("first\nfirst\n644\n/srv/directory\n", result.Output);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Layer_ReleasedByAll_LosesItsFilesAndCarriesNoSandbox(string tier, bool ended)
    {
        var host = await fixture.StartAsync(tier);
        await using var first = await CreateAsync(host);
        await first.RunAsync("mkdir -p /srv/closed/inside && echo x >/srv/closed/inside/file && chmod 000 /srv/closed");
        var layer = ended ? await first.EndIntoLayerAsync() : await first.CopyLayerAsync(TestTimeout.Token);
        var second = await CreateAsync(host, layer);

        layer.Release();
        Assert.True(Directory.Exists(layer.Path));
        Assert.Equal("x\n", (await second.RunAsync("cat /srv/closed/inside/file")).Output);
        await second.DisposeAsync();
        while (Directory.Exists(layer.Path))
        {
            await Task.Delay(10, TestTimeout.Token);
        }

        var error = await Assert.ThrowsAsync<ArgumentException>(() => CreateAsync(host, layer));
        Assert.Contains("was released", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Layer_WithLinksAtMountPoints_CannotLeadMountsAstray(string tier, bool ended)
    {
        var host = await fixture.StartAsync(tier);
        var volume = fixture.CreateDirectory();
        var outside = fixture.CreateDirectory();
        await File.WriteAllTextAsync(Path.Join(volume, "file"), "volume\n");
        await using var first = await CreateAsync(host);
        await first.RunAsync($"ln -s {outside} /data; mkdir /up; rm -rf /tmp; ln -s {outside} /tmp; mv /dev /srv/dev; ln -s {outside} /dev; mv /var /srv/var; ln -s {outside} /var; ln -s / /up/link");
        var layer = ended ? await first.EndIntoLayerAsync() : await first.CopyLayerAsync(TestTimeout.Token);

        await using var second = await CreateAsync(
            host, [layer], new VolumeBind(volume, "/data/volume", ReadOnly: false), new VolumeBind(volume, "/up/link/other", ReadOnly: false));
        var result = await second.RunAsync("cat /data/volume/file /other/file; [ -d /proc/1 ] && [ -c /dev/null ] && echo x >/tmp/file && ls /tmp /sys/kernel >/dev/null && echo fine");

        Assert.Equal(new CommandResult(0, "volume\nvolume\nfine\n", ""), result);
        Assert.Empty(Directory.EnumerateFileSystemEntries(outside));
    }

    [Fact]
    public async Task CopyLayerAsync_WhileFilesComeAndGo_EndsWithWhatWasThere()
    {
        var host = await fixture.StartAsync(Tiers.Best);
        await using var sandbox = await CreateAsync(host);
        await using var busy = sandbox.Start(new ProcessSpec
        {
            Arguments = ["sh", "-c", "mkdir /srv/d; echo kept >/srv/kept; echo ready; while :; do mv /srv/d /srv/e; ln -s /etc /srv/d; echo x >/srv/e/f; rm /srv/d; mv /srv/e /srv/d; done"],
        });
        Assert.Equal("ready", await busy.ReadLineAsync());

        var layer = await sandbox.CopyLayerAsync(TestTimeout.Token);
        await using var second = await CreateAsync(host, layer);

        Assert.Equal("kept\n", (await second.RunAsync("cat /srv/kept")).Output);
        Assert.False(busy.Exit.IsCompleted);
    }

    [Fact]
    public async Task CopyLayerAsync_Cancelled_LeavesNothing()
    {
        var host = await fixture.StartAsync(Tiers.Best);
        var layers = Path.Join(fixture.StateOf(host), "isolation", "layers");
        var before = Directory.EnumerateFileSystemEntries(layers).Order().ToList();
        await using var sandbox = await CreateAsync(host);
        using var cancelled = new CancellationTokenSource();
        await using var busy = sandbox.Start(new ProcessSpec { Arguments = ["sh", "-c", "echo ready; while :; do date >/srv/file; done"] });
        Assert.Equal("ready", await busy.ReadLineAsync());

        var copy = sandbox.CopyLayerAsync(cancelled.Token);
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => copy);
        Assert.Equal(before, Directory.EnumerateFileSystemEntries(layers).Order());
    }

    [Fact]
    public async Task Layer_OfAnEndedSandbox_IsRefused()
    {
        var host = await fixture.StartAsync(Tiers.Best);
        var sandbox = await CreateAsync(host);
        await sandbox.DisposeAsync();

        await Assert.ThrowsAsync<InvalidOperationException>(() => sandbox.CopyLayerAsync(TestTimeout.Token));
        await Assert.ThrowsAsync<InvalidOperationException>(sandbox.EndIntoLayerAsync);
    }

    [Fact]
    public async Task EndIntoLayerAsync_WhileACopyIsMade_WaitsForIt()
    {
        var host = await fixture.StartAsync(Tiers.Best);
        var sandbox = await CreateAsync(host);
        await sandbox.RunAsync("echo x >/srv/file");

        var copy = sandbox.CopyLayerAsync(TestTimeout.Token);
        var kept = await sandbox.EndIntoLayerAsync();

        foreach (var layer in new[] { await copy, kept })
        {
            await using var other = await CreateAsync(host, layer);
            Assert.Equal("x\n", (await other.RunAsync("cat /srv/file")).Output);
        }
    }

    [Fact]
    public async Task Layers_AsManyAsAllowed_AllShow()
    {
        var host = await fixture.StartAsync(Tiers.Best);
        var layers = new List<SandboxLayer>();
        await using var first = await CreateAsync(host);
        await first.RunAsync("echo x >/srv/file; echo y >/usr/local/file");
        var layer = await first.CopyLayerAsync(TestTimeout.Token);
        for (var number = 0; number < SandboxHost.MaxLayers - 1; number++)
        {
            // Each a directory of its own: the kernel refuses one that is given twice.
            var copy = Path.Join(Path.GetDirectoryName(layer.Path), $"copy{number}");
            foreach (var name in new[] { "root", "usr" })
            {
                Directory.CreateDirectory(Path.Join(copy, name));
                await File.WriteAllTextAsync(Path.Join(copy, name, $"file{number}"), "");
            }

            layers.Add(new SandboxLayer(layer.Store, copy, rootFileSystem: null));
        }

        await using var second = await CreateAsync(host, [layer, .. layers]);
        var result = await second.RunAsync("cat /srv/file /usr/local/file; ls -d /file* | wc -l; ls -d /usr/file* | wc -l");

        Assert.Equal($"x\ny\n{SandboxHost.MaxLayers - 1}\n{SandboxHost.MaxLayers - 1}\n", result.Output);
        var error = await Assert.ThrowsAsync<ArgumentException>(() => CreateAsync(host, [layer, layer, .. layers]));
        Assert.Contains("401", error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Layer_OfAMappedRootFileSystem_StandsOnItAlone()
    {
        Skip.If(BusyBoxRoot.Program is null, "busybox is not installed (Debian: busybox-static).");
        var root = Path.Join(fixture.CreateDirectory(), "rootfs");
        await BusyBoxRoot.CreateAsync(root);
        var host = await fixture.StartAsync(Tiers.Best);
        await using var first = await host.CreateAsync(new SandboxSpec { Id = "first", RootFileSystem = root }, TestTimeout.Token);
        Assert.Equal(0, (await first.RunAsync("echo x >/file; rm /bin/wget; mkdir -p /data")).ExitCode);
        var layer = await first.CopyLayerAsync(TestTimeout.Token);

        await using var second = await host.CreateAsync(new SandboxSpec { Id = "second", RootFileSystem = root, Layers = [layer] }, TestTimeout.Token);
        var result = await second.RunAsync("cat /file; ls /bin/wget; ls -d /data");

        Assert.Equal("x\n/data\n", result.Output);
        await Assert.ThrowsAsync<ArgumentException>(() => CreateAsync(host, layer));
    }

    private static Task<IsolatedSandbox> CreateAsync(SandboxHost host, params SandboxLayer[] layers) => CreateAsync(host, layers, []);

    private static Task<IsolatedSandbox> CreateAsync(SandboxHost host, SandboxLayer[] layers, params VolumeBind[] volumes) =>
        host.CreateAsync(new SandboxSpec { Id = $"layer{Guid.NewGuid():N}", BlockNetwork = true, Layers = layers, Volumes = volumes }, TestTimeout.Token);
}
