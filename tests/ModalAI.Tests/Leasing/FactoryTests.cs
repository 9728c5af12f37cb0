using Microsoft.Extensions.DependencyInjection;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Leasing;

public sealed class FactoryTests(EmulatorFixture fixture) : LeasingTest(fixture)
{
    [Fact]
    public async Task NewPerInvocation_EachLease_HasASandboxOfItsOwnThatEndsWithIt()
    {
        await using var provider = Register(options => { });
        var factory = provider.GetRequiredService<IModalSandboxFactory>();

        var first = await factory.AcquireAsync(TestTimeout.Token);
        var second = await factory.AcquireAsync(TestTimeout.Token);
        var handle = first.Sandbox;
        Assert.NotEqual(first.Sandbox.Id, second.Sandbox.Id);
        await first.DisposeAsync();
        await first.DisposeAsync();
        await second.DisposeAsync();

        Assert.Throws<ObjectDisposedException>(() => first.Sandbox);
        Assert.Equal(ModalSandboxStatus.Terminated, (await handle.WaitAsync(TestTimeout.Token)).Status);
    }

    [Fact]
    public async Task NewPerInvocation_InitialFiles_AreThere()
    {
        await using var provider = Register(options =>
        {
            options.InitialFiles["/app/text"] = "text";
            options.InitialFiles["/app/bytes"] = new byte[] { 0, 1, 255 };
        });

        await using var lease = await provider.GetRequiredService<IModalSandboxFactory>().AcquireAsync(TestTimeout.Token);

        Assert.Equal("text", await lease.Sandbox.Files.ReadAllTextAsync("/app/text", cancellationToken: TestTimeout.Token));
        Assert.Equal([0, 1, 255], await lease.Sandbox.Files.ReadAllBytesAsync("/app/bytes", cancellationToken: TestTimeout.Token));
    }

    [Fact]
    public async Task NewPerInvocation_InitialFileThatCannotBeWritten_LeavesNoSandbox()
    {
        // A file below a file: the options can't know, the sandbox refuses.
        await using var provider = Register(options => options.InitialFiles["/etc/passwd/below"] = "x");

        await Assert.ThrowsAsync<ModalNotADirectoryException>(() => provider.GetRequiredService<IModalSandboxFactory>().AcquireAsync(TestTimeout.Token));

        await Fixture.AssertNothingLeftAsync();
    }

    [Fact]
    public async Task NewPerInvocation_AcquireCancelled_LeavesNoSandbox()
    {
        await using var provider = Register(options => { });
        using var cancellation = new CancellationTokenSource();

        var acquiring = provider.GetRequiredService<IModalSandboxFactory>().AcquireAsync(cancellation.Token);
        await cancellation.CancelAsync();
        try
        {
            await (await acquiring).DisposeAsync();
        }
        catch (OperationCanceledException)
        {
        }
    }

    [Fact]
    public async Task CommandTimeout_OfTheRegistration_LimitsCommandsThatNameNone()
    {
        await using var provider = Register(options => options.CommandTimeout = TimeSpan.FromSeconds(1));
        await using var lease = await provider.GetRequiredService<IModalSandboxFactory>().AcquireAsync(TestTimeout.Token);

        var result = await lease.Sandbox.ExecuteAsync("sleep 600", TestTimeout.Token);

        Assert.True(result.TimedOut);
    }

    [Fact]
    public async Task ReuseExisting_ByName_SharesOneSandboxAcrossLeasesAndProcesses()
    {
        void Configure(ModalSandboxOptions options)
        {
            options.Mode = ModalSandboxMode.ReuseExisting;
            options.Name = "shared-by-name";
        }

        await using var here = Register(Configure);
        await using var elsewhere = Register(Configure);
        var factory = here.GetRequiredService<IModalSandboxFactory>();

        var leases = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => factory.AcquireAsync(TestTimeout.Token)));
        await using var other = await elsewhere.GetRequiredService<IModalSandboxFactory>().AcquireAsync(TestTimeout.Token);
        var sandbox = other.Sandbox;
        Assert.All(leases, lease => Assert.Equal(sandbox.Id, lease.Sandbox.Id));
        foreach (var lease in leases)
        {
            await lease.DisposeAsync();
        }

        Assert.Null(await sandbox.PollAsync(TestTimeout.Token));
        await sandbox.TerminateAsync(TestTimeout.Token);
    }

    [Fact]
    public async Task ReuseExisting_TwoProcessesAtOnce_AgreeOnOneSandbox()
    {
        void Configure(ModalSandboxOptions options)
        {
            options.Mode = ModalSandboxMode.ReuseExisting;
            options.Name = "raced-for";
        }

        await using var one = Register(Configure);
        await using var two = Register(Configure);

        var leases = await Task.WhenAll(
            one.GetRequiredService<IModalSandboxFactory>().AcquireAsync(TestTimeout.Token),
            two.GetRequiredService<IModalSandboxFactory>().AcquireAsync(TestTimeout.Token));

        Assert.Equal(leases[0].Sandbox.Id, leases[1].Sandbox.Id);
        await leases[0].Sandbox.TerminateAsync(TestTimeout.Token);
    }

    [Fact]
    public async Task ReuseExisting_FirstOfTwoCancelled_LeavesTheOtherARunningSandbox()
    {
        for (var delay = 0; delay < 10; delay++)
        {
            await using var provider = Register(options =>
            {
                options.Mode = ModalSandboxMode.ReuseExisting;
                options.Name = $"cancelled-{delay}";
                options.InitialFiles["/seed"] = "there";
            });
            var factory = provider.GetRequiredService<IModalSandboxFactory>();
            using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(5 * delay));
            var first = factory.AcquireAsync(cancellation.Token);
            await Task.WhenAny(first);

            await using var second = await factory.AcquireAsync(TestTimeout.Token);
            Assert.Equal("there", await second.Sandbox.Files.ReadAllTextAsync("/seed", cancellationToken: TestTimeout.Token));

            // What the first one's cancelling set off in the background is over then.
            await provider.GetRequiredService<ModalClient>().DisposeAsync();
            await using var client = Fixture.CreateClient();
            var sandbox = client.Sandboxes.Get(second.Sandbox.Id);
            Assert.Null(await sandbox.PollAsync(TestTimeout.Token));
            await sandbox.TerminateAsync(TestTimeout.Token);
        }
    }

    [Fact]
    public async Task ReuseExisting_SandboxThatEnded_IsReplacedWithItsInitialFiles()
    {
        var time = new ShiftedTimeProvider();
        await using var provider = Register(
            options =>
            {
                options.Mode = ModalSandboxMode.ReuseExisting;
                options.Name = "replaced";
                options.InitialFiles["/seed"] = "again";
            },
            time);
        var factory = provider.GetRequiredService<IModalSandboxFactory>();
        await using var first = await factory.AcquireAsync(TestTimeout.Token);
        var ended = first.Sandbox;
        await ended.TerminateAsync(TestTimeout.Token);
        await ended.WaitAsync(TestTimeout.Token);
        time.Advance(TimeSpan.FromMinutes(1));

        await using var second = await factory.AcquireAsync(TestTimeout.Token);

        Assert.NotEqual(ended.Id, second.Sandbox.Id);
        Assert.Same(second.Sandbox, first.Sandbox);
        Assert.Equal("again", await second.Sandbox.Files.ReadAllTextAsync("/seed", cancellationToken: TestTimeout.Token));
        await second.Sandbox.TerminateAsync(TestTimeout.Token);
    }

    [Fact]
    public async Task ReuseExisting_ById_UsesThatSandboxAndNeverReplacesIt()
    {
        await using var lifetime = await CreateSandboxAsync();
        await using var provider = Register(options =>
        {
            options.Mode = ModalSandboxMode.ReuseExisting;
            options.SandboxId = lifetime.Sandbox.Id;
        });
        var factory = provider.GetRequiredService<IModalSandboxFactory>();
        await using (var lease = await factory.AcquireAsync(TestTimeout.Token))
        {
            Assert.Equal(lifetime.Sandbox.Id, lease.Sandbox.Id);
        }

        Assert.Null(await lifetime.Sandbox.PollAsync(TestTimeout.Token));
        await lifetime.DisposeAsync();
        await lifetime.Sandbox.WaitAsync(TestTimeout.Token);
        await using var later = Register(options =>
        {
            options.Mode = ModalSandboxMode.ReuseExisting;
            options.SandboxId = lifetime.Sandbox.Id;
        });
        var exception = await Assert.ThrowsAsync<ModalException>(() => later.GetRequiredService<IModalSandboxFactory>().AcquireAsync(TestTimeout.Token));

        Assert.Equal(ModalErrorCode.SandboxEnded, exception.Code);
    }
}
