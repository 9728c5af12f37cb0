using System.Diagnostics;
using System.Globalization;
using ModalAI.Conformance.Support;
using ModalAI.Emulator;
using Xunit;

namespace ModalAI.Conformance;

public sealed class ProgramTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [SkippableTheory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task Program_ToldToStop_EndsWhatTheSdkLeftRunning(string signal)
    {
        using var limit = new CancellationTokenSource(Limit);
        var state = Directory.CreateTempSubdirectory("conformance-program-");
        using var program = Process.Start(new ProcessStartInfo(
            "dotnet", [Path.Combine(AppContext.BaseDirectory, "ModalAI.Emulator.dll"), "--port", "0", "--state", state.FullName])
        {
            RedirectStandardOutput = true,
        })!;
        try
        {
            // No other process on this computer sleeps this long.
            var sleep = string.Create(CultureInfo.InvariantCulture, $"{Random.Shared.Next(100_000, 1_000_000)}.{program.Id}");
            var url = (await program.StandardOutput.ReadLineAsync(limit.Token))!.Split(' ')[^1];

            var result = await ModalSdk.RunAsync("program.mjs", url, Backend.V2, new Dictionary<string, string> { ["SLEEP_SECONDS"] = sleep });
            Json.Equal("\"served\\n\"", result.GetProperty("leave").GetProperty("value"));
            Assert.True(IsRunning(sleep));

            using var kill = Process.Start("kill", [$"-{signal}", program.Id.ToString(CultureInfo.InvariantCulture)]);
            await program.WaitForExitAsync(limit.Token);

            Assert.Equal(0, program.ExitCode);
            Assert.Equal("", await program.StandardOutput.ReadToEndAsync(limit.Token));
            Assert.False(IsRunning(sleep));
            Assert.Empty(state.EnumerateFileSystemInfos());
        }
        finally
        {
            program.Kill();
            state.Delete(recursive: true);
        }
    }

    [SkippableFact]
    public async Task Credentials_OtherThanTheRequired_AreUnauthenticated()
    {
        var required = new ModalEmulatorOptions { RequiredCredentials = new ModalEmulatorCredentials("ak-right", "as-right") };
        await using var emulator = await ModalEmulator.StartAsync(required);

        var refused = await ModalSdk.RunAsync("auth.mjs", emulator.ServerUrl, Backend.V2);
        var right = new Dictionary<string, string> { ["MODAL_TOKEN_ID"] = "ak-right", ["MODAL_TOKEN_SECRET"] = "as-right" };
        var accepted = await ModalSdk.RunAsync("auth.mjs", emulator.ServerUrl, Backend.V2, right);

        Json.FailsWith(Json.Unauthenticated, "token", refused.GetProperty("app").GetProperty("value"));
        Json.Succeeds(accepted.GetProperty("app").GetProperty("value"));
    }

    private static bool IsRunning(string argument)
        => Directory.EnumerateDirectories("/proc").Any(process =>
        {
            try
            {
                return File.ReadAllText(Path.Combine(process, "cmdline")).Contains(argument, StringComparison.Ordinal);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        });
}
