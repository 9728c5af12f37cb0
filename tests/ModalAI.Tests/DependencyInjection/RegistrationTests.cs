using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using ModalAI.TestSupport;

namespace ModalAI.Tests.DependencyInjection;

public sealed class RegistrationTests
{
    [Fact]
    public void AddModalSandbox_Resolves_ClientFactoryAndTools()
    {
        using var provider = Services(services => services.AddModalSandbox().ConfigureClient(SetCredentials)).BuildServiceProvider();

        Assert.NotNull(provider.GetRequiredService<ModalClient>());
        Assert.NotNull(provider.GetRequiredService<IModalSandboxFactory>());
        Assert.Equal(["bash", "edit", "glob", "grep", "multi_edit", "read", "write"], provider.GetRequiredService<ModalSandboxTools>().Select(tool => tool.Name).Order());
        Assert.Same(provider.GetRequiredService<ModalClient>(), provider.GetRequiredService<ModalClient>());
    }

    [Fact]
    public void AddModalSandbox_Twice_AddsToTheSameRegistration()
    {
        using var provider = Services(services =>
        {
            services.AddModalSandbox(options => options.AppName = "first").ConfigureClient(SetCredentials);
            services.AddModalSandbox(options => options.WorkingDirectory = "/work");
        }).BuildServiceProvider();

        var options = provider.GetRequiredService<IOptionsMonitor<ModalSandboxOptions>>().CurrentValue;

        Assert.Equal(("first", "/work"), (options.AppName, options.WorkingDirectory));
        Assert.Single(provider.GetServices<ModalClient>());
        Assert.Distinct(provider.GetServices<IValidateOptions<ModalSandboxOptions>>().Select(static validator => validator.GetType()));
    }

    [Fact]
    public void AddModalSandbox_SideBySide_KeepsThemApart()
    {
        using var provider = Services(services =>
        {
            services.AddModalSandbox("cpu").ConfigureClient(SetCredentials);
            services.AddModalSandbox("gpu", options => options.Gpu = "T4").ConfigureClient(SetCredentials);
        }).BuildServiceProvider();

        Assert.NotSame(provider.GetRequiredKeyedService<ModalClient>("cpu"), provider.GetRequiredKeyedService<ModalClient>("gpu"));
        Assert.NotSame(provider.GetRequiredKeyedService<IModalSandboxFactory>("cpu"), provider.GetRequiredKeyedService<IModalSandboxFactory>("gpu"));
        Assert.Null(provider.GetRequiredService<IOptionsMonitor<ModalSandboxOptions>>().Get("cpu").Gpu);
        Assert.Equal("T4", provider.GetRequiredService<IOptionsMonitor<ModalSandboxOptions>>().Get("gpu").Gpu);
        Assert.Null(provider.GetService<ModalClient>());
        Assert.Null(provider.GetKeyedService<IModalSandboxFactory>("other"));
    }

    [Fact]
    public void AddModalSandbox_FromConfiguration_BindsSandboxAndClient()
    {
        var section = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ModalSandbox:AppName"] = "configured",
            ["ModalSandbox:Volumes:/data"] = "customer-data",
            ["ModalSandbox:InitialFiles:/app/main.py"] = "print('hello')",
            ["ModalSandbox:Client:TokenId"] = "ak-1",
            ["ModalSandbox:Client:TokenSecret"] = "as-1",
        }).Build().GetSection("ModalSandbox");
        using var provider = Services(services => services.AddModalSandbox(section).ConfigureClient(Isolate)).BuildServiceProvider();

        var options = provider.GetRequiredService<IOptionsMonitor<ModalSandboxOptions>>().CurrentValue;
        var client = provider.GetRequiredService<IOptionsMonitor<ModalClientOptions>>().CurrentValue;

        Assert.Equal(("configured", "customer-data", "print('hello')"), (options.AppName, options.Volumes["/data"].Name, options.InitialFiles["/app/main.py"].Text));
        Assert.Equal(("ak-1", "as-1"), (client.TokenId, client.TokenSecret));
    }

    [Fact]
    public async Task HostStart_MissingCredentials_FailsWithOneClearMessage()
    {
        using var host = Host(services => services.AddModalSandbox().ConfigureClient(Isolate));

        var exception = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(TestTimeout.Token));

        var failure = Assert.Single(exception.Failures);
        Assert.Contains("TokenId", failure, StringComparison.Ordinal);
        Assert.Contains("MODAL_TOKEN_ID", failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HostStart_SeveralProblems_ReportsAllOfThem()
    {
        using var host = Host(services => services
            .AddModalSandbox(options =>
            {
                options.Image = "";
                options.Timeout = TimeSpan.FromDays(2);
                options.Gpu = "T4:none";
                options.Tools.Prefix = "no good";
                options.Tools.MaxJobs = 0;
            })
            .ConfigureClient(options =>
            {
                SetCredentials(options);
                options.ServerUrl = "ftp://elsewhere";
            }));

        var exception = await Assert.ThrowsAnyAsync<Exception>(() => host.StartAsync(TestTimeout.Token));

        var text = exception.ToString();
        Assert.All(["Image", "Timeout", "T4:none", "ftp://elsewhere", "no good", "Tools.MaxJobs"], part => Assert.Contains(part, text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task UseEmulator_StartsAndStopsWithTheHost()
    {
        using var host = Host(services => services.AddModalSandbox(options => options.InitialFiles["/app/main.sh"] = "echo hello").UseEmulator());
        await host.StartAsync(TestTimeout.Token);

        string output;
        await using (var lease = await host.Services.GetRequiredService<IModalSandboxFactory>().AcquireAsync(TestTimeout.Token))
        {
            output = (await lease.Sandbox.ExecuteAsync("sh /app/main.sh", TestTimeout.Token)).StandardOutput;
        }

        var url = host.Services.GetRequiredService<IOptionsMonitor<ModalClientOptions>>().CurrentValue.ServerUrl;
        await host.StopAsync(TestTimeout.Token);

        Assert.Equal("hello\n", output);
        await using var late = TestClient.Create(url!, static options => options.MaxRetries = 0);
        var exception = await Assert.ThrowsAsync<ModalException>(() => late.Apps.GetAsync("x", cancellationToken: TestTimeout.Token));
        Assert.Equal(ModalErrorCode.Unavailable, exception.Code);
    }

    [Fact]
    public void UseEmulator_WhereAProfileIsConfigured_NeedsNone()
    {
        using var host = Host(services => services.AddModalSandbox().ConfigureClient(options => options.Profile = "production").UseEmulator());

        Assert.NotNull(host.Services.GetRequiredService<ModalClient>());
    }

    [Fact]
    public async Task UseEmulator_OfSeveralRegistrations_IsOneWorkspace()
    {
        using var host = Host(services =>
        {
            services.AddModalSandbox("writer", options => options.Volumes["/data"] = new() { Name = "shared", CreateIfMissing = true }).UseEmulator();
            services.AddModalSandbox("reader", options => options.Volumes["/data"] = new() { Name = "shared", ReadOnly = true }).UseEmulator();
        });
        await host.StartAsync(TestTimeout.Token);

        await using (var writer = await host.Services.GetRequiredKeyedService<IModalSandboxFactory>("writer").AcquireAsync(TestTimeout.Token))
        {
            (await writer.Sandbox.ExecuteAsync("echo shared > /data/file", TestTimeout.Token)).EnsureSuccess();
        }

        await using (var reader = await host.Services.GetRequiredKeyedService<IModalSandboxFactory>("reader").AcquireAsync(TestTimeout.Token))
        {
            Assert.Equal("shared\n", (await reader.Sandbox.ExecuteAsync("cat /data/file", TestTimeout.Token)).StandardOutput);
        }

        await host.StopAsync(TestTimeout.Token);
    }

    [Fact]
    public async Task UseEmulator_WithAStateDirectory_KeepsNamedVolumesForTheNextRun()
    {
        var state = Directory.CreateTempSubdirectory("modalai-state-");
        try
        {
            foreach (var (command, expected) in new[] { ("echo kept > /data/file", ""), ("cat /data/file", "kept\n") })
            {
                using var host = Host(services => services
                    .AddModalSandbox(options => options.Volumes["/data"] = new() { Name = "kept", CreateIfMissing = true })
                    .UseEmulator(emulator => emulator.StateDirectory = state.FullName));
                await host.StartAsync(TestTimeout.Token);
                await using (var lease = await host.Services.GetRequiredService<IModalSandboxFactory>().AcquireAsync(TestTimeout.Token))
                {
                    Assert.Equal(expected, (await lease.Sandbox.ExecuteAsync(command, TestTimeout.Token)).EnsureSuccess().StandardOutput);
                }

                await host.StopAsync(TestTimeout.Token);
            }

            Assert.Equal(["volumes"], state.GetFileSystemInfos().Select(left => left.Name));
        }
        finally
        {
            state.Delete(recursive: true);
        }
    }

    private static ServiceCollection Services(Action<IServiceCollection> configure)
    {
        var services = new ServiceCollection();
        configure(services);
        return services;
    }

    private static IHost Host(Action<IServiceCollection> configure)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        configure(builder.Services);
        return builder.Build();
    }

    private static void SetCredentials(ModalClientOptions options)
    {
        Isolate(options);
        options.TokenId = "ak-test";
        options.TokenSecret = "as-test";
    }

    /// <summary>The tests' own surroundings must not decide.</summary>
    private static void Isolate(ModalClientOptions options)
    {
        options.UseEnvironmentVariables = false;
        options.UseConfigurationFile = false;
    }
}
