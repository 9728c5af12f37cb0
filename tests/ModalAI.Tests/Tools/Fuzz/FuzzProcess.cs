using System.Diagnostics;
using System.Globalization;

namespace ModalAI.Tests.Tools.Fuzz;

/// <summary>
/// A process of its own that makes calls against a recording router: nothing else happens in it, so that what it opens or starts on this computer is the
/// library's doing.
/// </summary>
internal static class FuzzProcess
{
    /// <summary>The first argument that asks for it.</summary>
    public const string Command = "fuzz";

    private const int Lanes = 4;
    private const int MaxFailures = 10;
    private const int MaxScripts = 40;

    /// <summary>Makes the calls; prints the failures, and how many commands were to be started.</summary>
    /// <param name="arguments">How many calls, and the seed.</param>
    /// <returns>How many calls failed.</returns>
    public static async Task<int> RunAsync(string[] arguments)
    {
        var calls = int.Parse(arguments[0], CultureInfo.InvariantCulture);
        var seed = int.Parse(arguments[1], CultureInfo.InvariantCulture);
        using var watch = new HostWatch(Path.Combine(Path.GetTempPath(), $"modalai-fuzz-{Guid.NewGuid():N}"));
        try
        {
            var lanes = await Task.WhenAll(Enumerable.Range(0, Lanes).Select(number => FuzzLane.StartAsync(seed + number, watch.Canary, keepsState: number == 0)));

            // Names and paths that lead anywhere on this computer would lead there.
            Environment.CurrentDirectory = watch.Directory;
            Environment.SetEnvironmentVariable("HOME", watch.Directory);
            await Task.WhenAll(lanes.Select(lane => Task.Run(async () =>
            {
                await using (lane)
                {
                    await lane.RunAsync(calls / Lanes, MaxFailures);
                }
            })));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"calls {lanes.Sum(static lane => lane.Calls)} of {lanes[0].Functions} functions, commands {lanes.Sum(static lane => lane.Commands)}, scripts {OwnScripts.Seen.Count()}, seed {seed}"));
            watch.AssertUntouched();
            AssertNoChildren();
            Assert.InRange(OwnScripts.Seen.Count(), 1, MaxScripts);
            return lanes.Sum(static lane => lane.Failures);
        }
        finally
        {
            Directory.Delete(watch.Directory, recursive: true);
        }
    }

    /// <summary>How that process is started.</summary>
    public static ProcessStartInfo StartInfo(int calls, int seed)
    {
        string[] arguments = [typeof(FuzzProcess).Assembly.Location, Command, calls.ToString(CultureInfo.InvariantCulture), seed.ToString(CultureInfo.InvariantCulture)];
        var info = new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        info.Environment["FUZZ_SECRET"] = HostileText.Mark + "-value-of-the-host";
        return info;
    }

    /// <summary>Fails where this process has started another one.</summary>
    private static void AssertNoChildren()
    {
        foreach (var thread in Directory.GetDirectories("/proc/self/task"))
        {
            try
            {
                Assert.Equal("", File.ReadAllText(thread + "/children"));
            }
            catch (IOException)
            {
                // A thread that has ended meanwhile.
            }
        }

        // The tenth number: pages that ended children have used, which no process does without.
        var numbers = File.ReadAllText("/proc/self/stat");
        Assert.Equal("0", numbers[(numbers.LastIndexOf(')') + 2)..].Split(' ')[8]);
    }
}
