using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Leasing;

/// <summary>A test of leases: registrations on the emulator as applications have them.</summary>
public abstract class LeasingTest(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    /// <summary>The services of an application, without a host.</summary>
    protected ServiceProvider Register(Action<ModalSandboxOptions> configure, TimeProvider? time = null, Action<IModalSandboxBuilder>? extend = null)
    {
        var services = new ServiceCollection();
        Register(services, configure, time, extend);
        return services.BuildServiceProvider();
    }

    /// <summary>The factory of an application, with its services.</summary>
    protected (ServiceProvider Services, IModalSandboxFactory Factory) CreateFactory(
        Action<ModalSandboxOptions> configure, TimeProvider? time = null, Action<IModalSandboxBuilder>? extend = null)
    {
        var services = Register(configure, time, extend);
        return (services, services.GetRequiredService<IModalSandboxFactory>());
    }

    /// <summary>A host that has started.</summary>
    protected async Task<IHost> StartHostAsync(Action<ModalSandboxOptions> configure, TimeProvider? time = null, Action<IModalSandboxBuilder>? extend = null)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true, ApplicationName = "leasing-tests" });
        Register(builder.Services, configure, time, extend);
        var host = builder.Build();
        await host.StartAsync(TestTimeout.Token);
        return host;
    }

    /// <summary>Options of a reused sandbox.</summary>
    protected static Action<ModalSandboxOptions> Reuse(string name, Action<ModalSandboxOptions>? configure = null) => options =>
    {
        options.Mode = ModalSandboxMode.ReuseExisting;
        options.Name = name;
        configure?.Invoke(options);
    };

    /// <summary>Ends a sandbox and waits until its end is known.</summary>
    protected async Task EndAsync(string sandboxId)
    {
        var sandbox = Client.Sandboxes.Get(sandboxId);
        await sandbox.TerminateAndWaitAsync(cancellationToken: TestTimeout.Token);
    }

    /// <summary>Whether a sandbox runs.</summary>
    protected async Task<bool> RunsAsync(string sandboxId) => await Client.Sandboxes.Get(sandboxId).PollAsync(TestTimeout.Token) is null;

    /// <summary>Waits until a sandbox has ended; its end may be on its way.</summary>
    protected Task WhenEndedAsync(string sandboxId) => Client.Sandboxes.Get(sandboxId).WaitAsync(TestTimeout.Token);

    /// <summary>Waits until something is so.</summary>
    protected static async Task UntilAsync(Func<bool> condition)
    {
        var limit = TestTimeout.Token;
        while (!condition())
        {
            await Task.Delay(10, limit);
        }
    }

    private void Register(IServiceCollection services, Action<ModalSandboxOptions> configure, TimeProvider? time, Action<IModalSandboxBuilder>? extend)
    {
        if (time is not null)
        {
            services.AddSingleton(time);
        }

        var builder = services.AddModalSandbox(options =>
        {
            options.Owner = "leasing-tests";
            configure(options);
            if (options.SandboxId is null && options.AppName == new ModalSandboxOptions().AppName)
            {
                options.AppName = "leasing";
            }
        });
        builder.ConfigureClient(options =>
        {
            options.ServerUrl = Fixture.Emulator.ServerUrl;
            options.TokenId = "ak-test";
            options.TokenSecret = "as-test";
            options.UseEnvironmentVariables = false;
            options.UseConfigurationFile = false;
        });
        extend?.Invoke(builder);
    }
}
