using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using ModalAI.TestSupport;
using Xunit.Abstractions;

namespace ModalAI.Tests.Tools.Failures;

/// <summary>Calls to Modal that fail while functions work, as a loop with its default settings meets it. One at a time, since they befall all that runs.</summary>
public abstract class CallFailureTests(EmulatorFixture fixture, ITestOutputHelper output) : EmulatorTest(fixture)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    private readonly List<ServiceProvider> _services = [];

    private protected FailureReport Report { get; } = new();

    private protected async Task RunAsync(IEnumerable<CallFailure> failures)
    {
        using var limit = new CancellationTokenSource(Patience);
        await using var client = Fixture.CreateClient(
            static options => options.RouterUnreachableTimeout = TimeSpan.FromSeconds(1), timeProvider: new HastyTimeProvider());
        await using var lifetime = await CreateSandboxAsync(static options => options with { Timeout = TimeSpan.FromMinutes(20) });
        var sandbox = lifetime.Sandbox;
        foreach (var failure in failures)
        {
            await RunAsync(failure, failure.Place == CallPlace.HastySandbox ? client.Sandboxes.Get(sandbox.Id) : sandbox, limit.Token);
        }

        await Task.WhenAll(_services.Select(static services => services.DisposeAsync().AsTask()));
        Report.Check(output);
    }

    private protected ServiceProvider Register(Action<ModalSandboxOptions>? configure = null)
    {
        var services = new ServiceCollection().AddSingleton<TimeProvider>(new HastyTimeProvider());
        services.AddModalSandbox(configure).ConfigureClient(options =>
        {
            (options.ServerUrl, options.TokenId, options.TokenSecret) = (Fixture.Emulator.ServerUrl, "ak-test", "as-test");
            (options.UseEnvironmentVariables, options.UseConfigurationFile) = (false, false);
        });
        return services.BuildServiceProvider();
    }

    private async Task RunAsync(CallFailure failure, ModalSandbox sandbox, CancellationToken cancellationToken)
    {
        var (told, job) = (failure.Case, "");
        if (told.Job is { } command)
        {
            job = (await sandbox.Processes.StartAsync(command, cancellationToken)).Id;
        }

        var arguments = told.Arguments.ToDictionary(static argument => argument.Key, argument => argument.Value is "{job}" ? job : argument.Value);
        var call = new AgentCall(told.Tool, arguments);
        await failure.Before(Fixture.Emulator, sandbox.Id, cancellationToken);

        // A provider for each, so that nothing is known of what others have looked up.
        var services = Register();
        _services.Add(services);
        if (failure.Place == CallPlace.LaterResponse)
        {
            await services.GetRequiredService<ModalSandboxTools>().GetInstructionsAsync(cancellationToken);
        }

        using var fault = failure.Rule is { } rule ? Fixture.Emulator.Faults.Add(rule) : null;
        if (failure.Place is CallPlace.Response or CallPlace.LaterResponse)
        {
            await Report.RunAsync(told, call, client => client.WithModalSandbox(services), new ChatOptions(), cancellationToken);
        }
        else
        {
            var tools = new ModalSandboxTools(sandbox, new ModalSandboxToolOptions { Dialect = told.Dialect });
            await Report.RunAsync(told, call, static client => client, new ChatOptions { Tools = [.. tools] }, cancellationToken);
        }

        Report.Require(told, fault is null or { Hits: > 0 }, "the fault struck nothing");
    }
}
