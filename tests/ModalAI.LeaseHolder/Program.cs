using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ModalAI;
using ModalAI.LeaseHolder;

// An application that holds leases, for tests that kill it. The first argument says what it does, the others are configuration: Sandbox (options of the registration),
// Offset (how far its clock is ahead), Redis (where it keeps snapshots) and what Steps asks for. It prints a line for each step, for the test to wait for.
var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
builder.Configuration.AddCommandLine(args[1..]);
builder.Services.AddSingleton<TimeProvider>(new OffsetTimeProvider(builder.Configuration.GetValue<TimeSpan>("Offset")));
var sandboxes = builder.Services.AddModalSandbox(builder.Configuration.GetSection("Sandbox"));
if (builder.Configuration["Redis"] is { } redis)
{
    builder.Services.AddStackExchangeRedisCache(options => options.Configuration = redis);
    sandboxes.UseDistributedSnapshotStore();
}

using var host = builder.Build();
Steps.Say("starting");
await host.StartAsync();
var steps = new Steps(host.Services.GetRequiredService<IModalSandboxFactory>(), builder.Configuration);
await (args[0] switch
{
    "acquire-run-release" => steps.AcquireRunReleaseAsync(),
    "acquire-run-stop" => steps.AcquireRunStopAsync(),
    "acquire-many" => steps.AcquireManyAsync(),
    var unknown => throw new ArgumentException($"'{unknown}' is none of acquire-run-release, acquire-run-stop, acquire-many."),
});
await host.StopAsync();
