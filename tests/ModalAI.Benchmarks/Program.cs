using ModalAI.Benchmarks.Waits;

return args switch
{
    ["waits"] => await WaitsBenchmark.RunAsync(),
    ["waits-client", var serverUrl] => await WaitsClient.RunAsync(serverUrl),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: dotnet run -c Release --project tests/ModalAI.Benchmarks -- waits");
    return 2;
}
