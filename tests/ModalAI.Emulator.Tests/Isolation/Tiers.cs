using Microsoft.Extensions.Logging.Abstractions;
using ModalAI.Emulator.Isolation;
using ModalAI.TestSupport;

namespace ModalAI.Emulator.Tests.Isolation;

/// <summary>The ways of isolating that this computer can do.</summary>
internal static class Tiers
{
    private static readonly Lazy<IReadOnlyList<string>> Found = new(() => Task.Run(FindAsync).GetAwaiter().GetResult());

    /// <summary>Their names, the strongest first.</summary>
    public static IReadOnlyList<string> Possible => Found.Value;

    public static string Best => Possible[0];

    private static async Task<IReadOnlyList<string>> FindAsync()
    {
        var found = new List<string>();
        foreach (var tier in Enum.GetValues<IsolationTier>())
        {
            var state = Directory.CreateTempSubdirectory("modalai-tests-");
            try
            {
                await using var host = await SandboxHost.StartAsync(state.FullName, [tier], NullLoggerFactory.Instance, TestTimeout.Token);
                found.Add(tier.ToString());
            }
            catch (IsolationUnavailableException)
            {
                // Not here.
            }
            finally
            {
                state.Delete(recursive: true);
            }
        }

        return found;
    }
}
