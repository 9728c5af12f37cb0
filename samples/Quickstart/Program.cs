// The main job: an IChatClient agent works in a sandbox.
//
//   dotnet run --project samples/Quickstart                       on the embedded emulator, with a small planned model: no account, no network
//   ANTHROPIC_API_KEY=... dotnet run --project samples/Quickstart -- "Which of the first 100 primes are twins?"
//   MODAL_TOKEN_ID=... MODAL_TOKEN_SECRET=... dotnet run --project samples/Quickstart -- --modal
//
// On Modal a run costs a fraction of a cent: one small CPU sandbox for as long as the conversation takes.
using Anthropic;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ModalAI;
using Quickstart;

var onModal = args.Contains("--modal");
var question = string.Join(' ', args.Where(static argument => argument != "--modal"));

var builder = Host.CreateApplicationBuilder();
builder.Logging.SetMinimumLevel(LogLevel.Warning);
var sandboxes = builder.Services.AddModalSandbox(options =>
{
    options.AppName = "modalai-quickstart";
    options.Image = "python:3.13-slim";
    options.BlockNetwork = true;
    options.InitialFiles["/app/orders.csv"] = PlannedChatClient.Orders;
});
if (!onModal)
{
    sandboxes.UseEmulator();
}

using var host = builder.Build();
await host.StartAsync();
try
{
    // One sandbox for the whole conversation; the end of the lease is the end of the sandbox.
    await using var lease = await host.Services.GetRequiredService<IModalSandboxFactory>().AcquireAsync();
    var tools = host.Services.GetRequiredService<ModalSandboxTools>().ForSandbox(lease.Sandbox);
    Console.WriteLine($"Sandbox {lease.Sandbox.Id} on {(onModal ? "Modal" : "the emulator")}");

    var apiKey = Environment.GetEnvironmentVariable("ANTHROPIC_API_KEY");
    IChatClient model = string.IsNullOrEmpty(apiKey)
        ? new PlannedChatClient()
        : new AnthropicClient { ApiKey = apiKey }.AsIChatClient(Environment.GetEnvironmentVariable("ANTHROPIC_MODEL") ?? "claude-sonnet-4-5", 4096);
    using var agent = model.AsBuilder()
        .UseFunctionInvocation(configure: invocation => invocation.FunctionInvoker = CallPrinter.InvokeAsync)
        .Build(host.Services);

    var response = await agent.GetResponseAsync(
        question.Length > 0 ? question : "Work out the revenue of each region in /app/orders.csv.",
        new ChatOptions { Tools = [.. tools] });
    Console.WriteLine();
    Console.WriteLine(response.Text);
}
finally
{
    await host.StopAsync();
}
