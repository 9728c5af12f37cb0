using System.Globalization;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Leasing.Holders;

/// <summary>Sandboxes in the same app that no sweep may touch, each for a reason of its own.</summary>
internal sealed class Bystanders : IAsyncDisposable
{
    private readonly List<ModalSandbox> _sandboxes = [];

    private Bystanders()
    {
    }

    /// <summary>Their ids.</summary>
    public IEnumerable<string> Ids => _sandboxes.Select(static sandbox => sandbox.Id);

    /// <summary>Makes them.</summary>
    /// <param name="client">Makes them.</param>
    /// <param name="appName">Their app.</param>
    /// <param name="owner">Who sweeps.</param>
    public static async Task<Bystanders> CreateAsync(ModalClient client, string appName, string owner)
    {
        var bystanders = new Bystanders();
        try
        {
            await bystanders.AddAsync(client, appName, []);
            await bystanders.AddAsync(client, appName, new() { ["modalai-owner"] = "another-owner", ["modalai-expires"] = InSeconds(-3600) });
            await bystanders.AddAsync(client, appName, new() { ["modalai-owner"] = owner });
            await bystanders.AddAsync(client, appName, new() { ["modalai-owner"] = owner, ["modalai-holder"] = "another-holder", ["modalai-expires"] = InSeconds(86400) });
            return bystanders;
        }
        catch
        {
            await bystanders.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var sandbox in _sandboxes)
        {
            await sandbox.TerminateAsync(TestTimeout.Token);
        }
    }

    private static string InSeconds(int seconds) => DateTimeOffset.UtcNow.AddSeconds(seconds).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    private async Task AddAsync(ModalClient client, string appName, Dictionary<string, string> tags) =>
        _sandboxes.Add(await client.Sandboxes.CreateAsync(new() { AppName = appName, Tags = tags, Timeout = TimeSpan.FromHours(1) }, TestTimeout.Token));
}
