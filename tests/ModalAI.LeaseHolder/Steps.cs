using Microsoft.Extensions.Configuration;

namespace ModalAI.LeaseHolder;

/// <summary>What the program does with its leases, told step by step.</summary>
public sealed class Steps(IModalSandboxFactory factory, IConfiguration configuration)
{
    private readonly string? _key = configuration["Key"];

    /// <summary>The whole life of one lease. <c>Command</c> runs in it.</summary>
    public async Task AcquireRunReleaseAsync()
    {
        await using var lease = await AcquireAsync();
        Say("acquired", lease.Sandbox.Id);
        await RunAsync(lease);
    }

    /// <summary>The same, but the sandbox is stopped before its lease is given back, once a line of input has come.</summary>
    public async Task AcquireRunStopAsync()
    {
        await using var lease = await AcquireAsync();
        await RunAsync(lease);
        await PauseAsync();
        await lease.StopAsync();
    }

    /// <summary>Waits for a line of input, then acquires <c>Count</c> leases at once, and tells of each sandbox among them.</summary>
    public async Task AcquireManyAsync()
    {
        await PauseAsync();
        var leases = await Task.WhenAll(Enumerable.Range(0, configuration.GetValue<int>("Count")).Select(_ => Task.Run(AcquireAsync)));
        foreach (var id in leases.Select(static lease => lease.Sandbox.Id).Distinct())
        {
            Say("acquired", id);
        }

        foreach (var lease in leases)
        {
            await lease.DisposeAsync();
        }
    }

    /// <summary>Tells the test where the program is.</summary>
    public static void Say(string step, string detail = "") => Console.WriteLine($"{step} {detail}".TrimEnd());

    private static async Task PauseAsync()
    {
        Say("waiting");
        await Console.In.ReadLineAsync();
    }

    private async Task RunAsync(ModalSandboxLease lease)
    {
        var result = await lease.Sandbox.ExecuteAsync(configuration.GetValue("Command", "true"));
        foreach (var line in result.EnsureSuccess().StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            Say("ran", line);
        }
    }

    private Task<ModalSandboxLease> AcquireAsync() => _key is null ? factory.AcquireAsync() : factory.AcquireAsync(_key);
}
