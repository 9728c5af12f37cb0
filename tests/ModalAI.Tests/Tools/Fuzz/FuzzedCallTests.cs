using System.Diagnostics;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Tools.Fuzz;

/// <summary>Calls that nobody means well, of every function there is.</summary>
public sealed class FuzzedCallTests
{
    private const int Seed = 20_261;

    private static readonly TimeSpan Limit = TestSize.IsFull ? TimeSpan.FromHours(2) : TimeSpan.FromMinutes(5);

    [Fact]
    public async Task Calls_HostileArguments_StartOnlyWhatWasMeantAndTouchNothingOfTheHost()
    {
        using var limit = new CancellationTokenSource(Limit);
        using var process = Process.Start(FuzzProcess.StartInfo(TestSize.Of(ci: 20_000, full: 1_000_000), Seed))!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var error = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            Assert.True(process.ExitCode == 0, await output + await error);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }
}
