// Serves the sandbox tools over the Model Context Protocol, on standard input and output: any MCP client gets a computer.
// Its README says how to add it to a client, and how to configure it.
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ModalAI;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

var onModal = args.Contains("--modal");

// The client starts this from wherever it likes: no appsettings.json of some other folder is ours.
var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings
{
    Args = [.. args.Where(static argument => argument != "--modal")],
    ContentRootPath = AppContext.BaseDirectory,
});

// Standard output is the protocol's.
builder.Logging.ClearProviders().AddConsole(static console => console.LogToStandardErrorThreshold = LogLevel.Trace).SetMinimumLevel(LogLevel.Warning);
builder.Services.AddModalSandbox(static options =>
{
    options.AppName = "modalai-mcp";
    options.Timeout = TimeSpan.FromHours(1);
    options.IdleTimeout = TimeSpan.FromMinutes(20);

    // The protocol has images.
    options.Tools.InlineMedia = true;
});
var sandboxes = builder.Services.AddModalSandbox(builder.Configuration.GetSection("Sandbox"));
if (!onModal)
{
    sandboxes.UseEmulator();
}

using var host = builder.Build();
await host.StartAsync();
try
{
    // One sandbox for the connection: it comes with the first call of a tool.
    await using var session = host.Services.GetRequiredService<ModalSandboxTools>().OpenSession();
    var options = new McpServerOptions
    {
        ServerInfo = new Implementation { Name = "modalai", Title = "ModalAI sandbox", Version = "1.0.0" },
        ServerInstructions = session.Tools.Instructions,
        ToolCollection = [],
    };
    foreach (var function in session.Tools.OfType<AIFunction>())
    {
        // What a function can do, whatever the options call it.
        var info = function.GetService<ModalSandboxToolInfo>()!;
        options.ToolCollection.Add(McpServerTool.Create(new ReportingFunction(function), new McpServerToolCreateOptions
        {
            ReadOnly = info.IsReadOnly,
            Destructive = info.IsReadOnly ? false : null,
            OpenWorld = info.Effect == ModalToolEffect.Runs,
        }));
    }

    // The end of our input, or being told to stop, ends the calls that run: that kills their commands. The server alone would wait for them.
    await using var transport = new StdioServerTransport(options, host.Services.GetRequiredService<ILoggerFactory>());
    await using var server = McpServer.Create(transport, options, host.Services.GetRequiredService<ILoggerFactory>(), host.Services);
    using var over = CancellationTokenSource.CreateLinkedTokenSource(host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);
    var serving = server.RunAsync(over.Token);
    await Task.WhenAny(serving, transport.MessageReader.Completion);
    await over.CancelAsync();
    await serving;
}
catch (OperationCanceledException)
{
    // Over.
}
finally
{
    await host.StopAsync();
}
