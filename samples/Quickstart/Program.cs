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
    var apiKey = Environment.GetEnvironmentVariable("ANTHROPIC_API_KEY");
    IChatClient model = string.IsNullOrEmpty(apiKey)
        ? new PlannedChatClient()
        : new AnthropicClient { ApiKey = apiKey }.AsIChatClient(Environment.GetEnvironmentVariable("ANTHROPIC_MODEL") ?? "claude-sonnet-4-5", 4096);

    // A sandbox for each response: it comes with the first call of a tool, and ends with the response.
    using var agent = model.AsBuilder()
        .UseFunctionInvocation(configure: invocation => invocation.FunctionInvoker = CallPrinter.InvokeAsync)
        .Build(host.Services)
        .WithModalSandbox(host.Services);

    Console.WriteLine($"On {(onModal ? "Modal" : "the emulator")}");
    var response = await agent.GetResponseAsync(question.Length > 0 ? question : "Work out the revenue of each region in /app/orders.csv.");
    Console.WriteLine();
    Console.WriteLine(response.Text);
}
finally
{
    await host.StopAsync();
}
