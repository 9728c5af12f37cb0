using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using ModalAI.TestSupport;

namespace ModalAI.Tests.DependencyInjection;

/// <summary>What an application logs, at its most talkative, holds no secret.</summary>
public sealed class SecrecyTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    [Fact]
    public async Task Logs_AtTraceLevel_HoldNoCredentialSecretVariableOrCommand()
    {
        using var log = new CapturingProvider();
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(log));
        services
            .AddModalSandbox(options =>
            {
                options.Secrets.Add("warehouse-credentials");
                options.EnvironmentVariables["PLAIN"] = "variable-value";
                options.InitialFiles["/app/file"] = "file-content";
            })
            .ConfigureClient(options =>
            {
                options.ServerUrl = Fixture.Emulator.ServerUrl;
                options.TokenId = "ak-test";
                options.TokenSecret = "as-very-secret";
                options.UseEnvironmentVariables = false;
                options.UseConfigurationFile = false;
            });
        await using (var provider = services.BuildServiceProvider())
        {
            await using var lease = await provider.GetRequiredService<IModalSandboxFactory>().AcquireAsync(TestTimeout.Token);
            var command = ModalCommand.Shell("echo command-text $WAREHOUSE_PASSWORD") with { Secrets = [ModalSecret.FromValues([new("ONCE", "command-secret")])] };
            Assert.Equal("command-text s3cret-value\n", (await lease.Sandbox.ExecuteAsync(command, TestTimeout.Token)).StandardOutput);
        }

        var text = string.Join('\n', log.Lines);
        Assert.Contains("Created sandbox", text, StringComparison.Ordinal);
        Assert.All(
            ["as-very-secret", "s3cret-value", "variable-value", "file-content", "command-secret", "command-text"],
            secret => Assert.DoesNotContain(secret, text, StringComparison.Ordinal));
    }

    private sealed class CapturingProvider : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            Lines.Enqueue(state.ToString() ?? "");
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}
