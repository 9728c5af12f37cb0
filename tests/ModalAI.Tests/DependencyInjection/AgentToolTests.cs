using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using ModalAI.TestSupport;

namespace ModalAI.Tests.DependencyInjection;

public sealed class AgentToolTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    [Fact]
    public void AddAgentTools_WithoutNames_RegistersEachFunctionUnderTheAgentsName()
    {
        var builder = Register(new ServiceCollection()).AddAgentTools("coder");
        builder.Services.AddKeyedSingleton<AITool>("coder", AIFunctionFactory.Create(static () => "x", "own"));
        using var services = builder.Services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });

        Assert.Equal(["bash", "read", "write", "edit", "multi_edit", "glob", "grep", "own"], services.GetKeyedServices<AITool>("coder").Select(static tool => tool.Name));
        Assert.Empty(services.GetKeyedServices<AITool>("other"));
        Assert.Empty(services.GetServices<AITool>());
        Assert.All(
            builder.Services.Where(static service => service.ServiceType == typeof(AITool)),
            static service => Assert.Equal(ServiceLifetime.Singleton, service.Lifetime));
    }

    [Fact]
    public async Task AddAgentTools_NamedRegistrationAndFunctions_WorkInItsSandboxes()
    {
        await using var services = Register(new ServiceCollection(), "greeter", static options => options.InitialFiles["/app/greeting"] = "hello")
            .AddAgentTools("reader", "read").AddAgentTools("runner", ["bash", "grep"]).Services.BuildServiceProvider();

        var read = Assert.IsType<AIFunction>(Assert.Single(services.GetKeyedServices<AITool>("reader")), exactMatch: false);
        var answer = await read.InvokeAsync(new() { ["file_path"] = "/app/greeting" }, TestTimeout.Token);

        Assert.Contains("hello", Assert.IsType<string>(answer), StringComparison.Ordinal);
        Assert.Equal(["bash", "grep"], services.GetKeyedServices<AITool>("runner").Select(static tool => tool.Name));
    }

    [Fact]
    public void AddAgentTools_DialectWithOtherNames_FindsFunctionsByTheDialectsOwn()
    {
        var builder = Register(new ServiceCollection(), configure: static options =>
        {
            options.Tools.Dialect = ModalToolDialect.LangChain;
            options.Tools.Prefix = "box_";
            options.Tools.Names["execute"] = "run";
        });
        builder.AddAgentTools("all", ModalToolDialect.LangChain).AddAgentTools("some", "execute", "ls").AddAgentTools("wrong");
        using var services = builder.Services.BuildServiceProvider();

        Assert.Equal(
            ["box_ls", "box_read_file", "box_write_file", "box_edit_file", "box_delete", "box_glob", "box_grep", "box_run"],
            services.GetKeyedServices<AITool>("all").Select(static tool => tool.Name));
        Assert.Equal(["box_run", "box_ls"], services.GetKeyedServices<AITool>("some").Select(static tool => tool.Name));
        Assert.Contains("dialect is LangChain", Assert.Throws<InvalidOperationException>(() => services.GetKeyedServices<AITool>("wrong").Count()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AddAgentTools_SomeFunctions_TheirTextsPointToNoOthers()
    {
        await using var services = Register(new ServiceCollection(), configure: static options =>
        {
            (options.Mode, options.Name) = (ModalSandboxMode.ReuseExisting, "agents");
            options.Tools.YieldAfter = TimeSpan.FromMilliseconds(200);
        }).AddAgentTools("reader", "read").AddAgentTools("runner", "bash").Services.BuildServiceProvider();
        var read = (AIFunction)Assert.Single(services.GetKeyedServices<AITool>("reader"));
        var bash = (AIFunction)Assert.Single(services.GetKeyedServices<AITool>("runner"));

        var missing = Assert.IsType<string>(await read.InvokeAsync(new() { ["file_path"] = "/none" }, TestTimeout.Token));
        var run = Assert.IsType<string>(await bash.InvokeAsync(new() { ["command"] = "sleep 1; echo done" }, TestTimeout.Token));

        Assert.Equal("Error: '/none' does not exist. Nothing in its directory has a similar name.", missing);
        Assert.Equal("exit code 0\ndone", run);
        Assert.DoesNotContain("job", bash.Description, StringComparison.Ordinal);
        await using var lease = await services.GetRequiredKeyedService<IModalSandboxFactory>("default").AcquireAsync(TestTimeout.Token);
        await lease.DestroyAsync(TestTimeout.Token);
    }

    [Fact]
    public void AddAgentTools_NamesThatCannotBe_AreNamed()
    {
        var builder = Register(new ServiceCollection());
        using var services = builder.AddAgentTools("coder", "bash", "launch").Services.BuildServiceProvider();

        Assert.Contains("'launch'", Assert.Throws<InvalidOperationException>(() => services.GetKeyedServices<AITool>("coder").Count()).Message, StringComparison.Ordinal);
        Assert.Contains("'read'", Assert.Throws<ArgumentException>(() => builder.AddAgentTools("coder", "read", "read")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => builder.AddAgentTools(""));
    }

    private IModalSandboxBuilder Register(IServiceCollection services, string name = "default", Action<ModalSandboxOptions>? configure = null) =>
        services.AddModalSandbox(name, configure).ConfigureClient(options =>
        {
            (options.ServerUrl, options.TokenId, options.TokenSecret) = (Fixture.Emulator.ServerUrl, "ak-test", "as-test");
            (options.UseEnvironmentVariables, options.UseConfigurationFile) = (false, false);
        });
}
