using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ModalAI;
using ModalAI.LeaseHolder;
using ModalAI.TestSupport;

// An application that holds leases, for tests that kill it. The first argument says what it does, the others are configuration: Sandbox (options of the registration),
// Offset (how far its clock is ahead), UntilSwept (whether it ends only after a sweep), Redis (where it keeps snapshots), and what Steps asks for. It prints a line for
// each step, for the test to wait for.
var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
var configuration = builder.Configuration;
configuration.AddCommandLine(args[1..]);
using var sweep = new SweepWatch();
builder.Logging.SetMinimumLevel(LogLevel.Debug).AddProvider(sweep);
var clock = new ShiftedTimeProvider();
clock.Advance(configuration.GetValue<TimeSpan>("Offset"));
builder.Services.AddSingleton<TimeProvider>(clock);
var sandboxes = builder.Services.AddModalSandbox(configuration.GetSection("Sandbox"));
if (configuration["Redis"] is { } redis)
{
    builder.Services.AddStackExchangeRedisCache(options => options.Configuration = redis);
    sandboxes.UseDistributedSnapshotStore();
}

using var host = builder.Build();
await host.StartAsync();
var steps = new Steps(host.Services.GetRequiredService<IModalSandboxFactory>(), configuration);
await (args[0] switch
{
    "acquire-run-release" => steps.AcquireRunReleaseAsync(),
    "acquire-run-stop" => steps.AcquireRunStopAsync(),
    "acquire-many" => steps.AcquireManyAsync(),
    var unknown => throw new ArgumentException($"'{unknown}' is none of acquire-run-release, acquire-run-stop, acquire-many."),
});
if (configuration.GetValue<bool>("UntilSwept"))
{
    await sweep.Swept;
}

await host.StopAsync();
