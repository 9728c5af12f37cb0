using Microsoft.Extensions.DependencyInjection;
using ModalAI.Leasing;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Leasing;

public sealed class LimitTests(EmulatorFixture fixture) : LeasingTest(fixture)
{
    [Fact]
    public async Task Acquire_AllPlacesTaken_WaitsForOneThatIsGivenBack()
    {
        var (services, factory) = CreateFactory(options => options.MaxSandboxes = 1);
        await using var application = services;
        var first = await factory.AcquireAsync(TestTimeout.Token);

        var waiting = factory.AcquireAsync(TestTimeout.Token);
        Assert.False(waiting.IsCompleted);
        await first.DisposeAsync();
        await using var second = await waiting;

        Assert.Equal("on", (await second.Sandbox.ExecuteAsync("printf on", TestTimeout.Token)).StandardOutput);
    }

    [Fact]
    public async Task Acquire_NoPlaceInTime_SaysWhichLimit()
    {
        var (services, factory) = CreateFactory(options =>
        {
            options.MaxSandboxes = 1;
            options.AcquireTimeout = TimeSpan.FromMilliseconds(100);
        });
        await using var application = services;
        await using var first = await factory.AcquireAsync(TestTimeout.Token);

        var exception = await Assert.ThrowsAsync<ModalException>(() => factory.AcquireAsync(TestTimeout.Token));

        Assert.Equal(ModalErrorCode.ResourceExhausted, exception.Code);
        Assert.Contains("MaxSandboxes", exception.Message, StringComparison.Ordinal);
        Assert.Contains("AcquireTimeout", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Acquire_CancelledWhileWaiting_TakesNoPlace()
    {
        var (services, factory) = CreateFactory(options => options.MaxSandboxes = 1);
        await using var application = services;
        var first = await factory.AcquireAsync(TestTimeout.Token);
        using var cancellation = new CancellationTokenSource();
        var waiting = factory.AcquireAsync(cancellation.Token);

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await first.DisposeAsync();

        await using var second = await factory.AcquireAsync(TestTimeout.Token);
    }

    [Fact]
    public async Task Acquire_PlaceHeldByAKeyWhoseSandboxHasEnded_IsFound()
    {
        var (services, factory) = CreateFactory(Reuse("limit-ended", options => options.MaxSandboxes = 1));
        await using var application = services;
        string first;
        await using (var lease = await factory.AcquireAsync("one", TestTimeout.Token))
        {
            first = lease.Sandbox.Id;
        }

        await EndAsync(first);
        await using var second = await factory.AcquireAsync("two", TestTimeout.Token);

        Assert.NotEqual(first, second.Sandbox.Id);
        await second.DestroyAsync(TestTimeout.Token);
    }

    [Fact]
    public async Task Acquire_ModalSaysThatCreationsAreTooMany_TriesAgainLater()
    {
        var (services, factory) = CreateFactory(_ => { });
        await using var application = services;
        using var fault = Fixture.Emulator.Faults.Add(new("SandboxCreateV2") { Status = Emulator.RpcStatusCode.ResourceExhausted, Times = 2 });

        await using var lease = await factory.AcquireAsync(TestTimeout.Token);

        Assert.Equal(2, fault.Hits);
    }

    [Fact]
    public async Task Acquire_CreationsAreTooManyForTooLong_SaysSo()
    {
        var (services, factory) = CreateFactory(options => options.AcquireTimeout = TimeSpan.FromMilliseconds(300));
        await using var application = services;
        using var fault = Fixture.Emulator.Faults.Add(
            new("SandboxCreateV2") { Status = Emulator.RpcStatusCode.ResourceExhausted, Message = "Sandbox creation rate limit (5/s) exceeded" });

        var exception = await Assert.ThrowsAsync<ModalException>(() => factory.AcquireAsync(TestTimeout.Token));

        Assert.Equal(ModalErrorCode.ResourceExhausted, exception.Code);
        Assert.Contains("rate limit (5/s)", exception.Message, StringComparison.Ordinal);
        Assert.Contains("AcquireTimeout", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Acquire_ServerSaysWhenToComeBack_OthersDoNotKnockBefore()
    {
        var (services, factory) = CreateFactory(_ => { });
        await using var application = services;
        await using var warm = await factory.AcquireAsync(TestTimeout.Token);
        using var fault = Fixture.Emulator.Faults.Add(
            new("SandboxCreateV2") { Status = Emulator.RpcStatusCode.ResourceExhausted, RetryAfter = TimeSpan.FromSeconds(2), Times = 1 });
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        services.GetRequiredService<ModalClient>().Retries.Throttled += (_, _) => told.TrySetResult();

        var first = factory.AcquireAsync(TestTimeout.Token);
        await told.Task.WaitAsync(TestTimeout.Token);
        var others = Enumerable.Range(0, 4).Select(_ => factory.AcquireAsync(TestTimeout.Token)).ToList();
        foreach (var acquiring in others.Prepend(first))
        {
            await (await acquiring).DisposeAsync();
        }

        var calls = Fixture.Emulator.Ledger.Rpcs.Where(rpc => rpc.Name == "SandboxCreateV2").TakeLast(6).ToList();
        Assert.Equal(1, fault.Hits);
        Assert.All(calls.Skip(1), call => Assert.True(call.StartedAt - calls[0].StartedAt > TimeSpan.FromSeconds(1.9), $"It came after {call.StartedAt - calls[0].StartedAt}."));
    }

    [Fact]
    public async Task Acquire_HadToWaitForItsTurn_HasItsWholeLeaseFromThenOn()
    {
        var known = Fixture.Emulator.Ledger.Sandboxes.Count;
        var (services, factory) = CreateFactory(options => options.CreatesPerSecond = 1);
        await using var application = services;

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => factory.AcquireAsync(TestTimeout.Token)));

        var expiries = Fixture.Emulator.Ledger.Sandboxes.Skip(known).Select(static sandbox => LeaseTags.ExpiryOf(sandbox.Tags)!.Value).Order().ToList();
        Assert.InRange(expiries[^1] - expiries[0], TimeSpan.FromSeconds(2), TimeSpan.MaxValue);
    }

    [Fact]
    public async Task Pace_MoreThanASecondsWorth_AreSpreadOverTime()
    {
        var time = new ManualTimeProvider();
        var pace = new CreatePace(perSecond: 4, time);

        var turns = Enumerable.Range(0, 12).Select(_ => pace.WaitAsync(TimeSpan.FromMinutes(1), TestTimeout.Token)).ToList();

        Assert.Equal(4, turns.Count(turn => turn.IsCompletedSuccessfully));
        for (var second = 1; second <= 2; second++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            var expected = 4 + (4 * second);
            await UntilAsync(() => turns.Count(turn => turn.IsCompletedSuccessfully) == expected);
        }
    }

    [Fact]
    public async Task Pace_TurnThatWouldComeTooLate_IsRefusedAtOnce()
    {
        var time = new ManualTimeProvider();
        var pace = new CreatePace(perSecond: 1, time);

        Assert.True(await pace.WaitAsync(TimeSpan.FromSeconds(1), TestTimeout.Token));
        pace.Pause(TimeSpan.FromSeconds(10));
        Assert.False(await pace.WaitAsync(TimeSpan.FromSeconds(5), TestTimeout.Token));
        var waiting = pace.WaitAsync(TimeSpan.FromSeconds(20), TestTimeout.Token);
        Assert.False(waiting.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.True(await waiting);
    }
}
