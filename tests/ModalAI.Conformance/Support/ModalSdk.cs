using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using Xunit;

namespace ModalAI.Conformance.Support;

/// <summary>Modal's own JS SDK, unmodified: installed once from the lock file, run in Node.</summary>
internal static class ModalSdk
{
    public const string TokenId = "ak-conformance";
    public const string TokenSecret = "as-conformance";

    /// <summary>Where the scripts and the SDK are.</summary>
    public static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "node");

    private static readonly TimeSpan InstallLimit = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan ScriptLimit = TimeSpan.FromMinutes(3);
    private static readonly Lazy<Task<string?>> Problem = new(InstallAsync);

    /// <summary>Runs a script against a server and gives the JSON that it prints. Skips the test where Node or the SDK is not to be had, but not in CI.</summary>
    public static async Task<JsonElement> RunAsync(string script, string serverUrl, Backend backend, IReadOnlyDictionary<string, string>? environment = null)
    {
        await RequireAsync();
        var start = Command(script);
        start.Environment["MODAL_SERVER_URL"] = serverUrl;
        start.Environment["MODAL_SANDBOX_V2"] = backend == Backend.V2 ? "1" : "0";
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        var (exitCode, output, error) = await RunAsync(start, ScriptLimit);
        Assert.True(exitCode == 0, $"{script} on {backend} ended with {exitCode}.\n{error}\n{output}");
        return JsonDocument.Parse(output).RootElement;
    }

    /// <summary>A script with the credentials of the tests, and nothing of the computer's own configuration.</summary>
    public static ProcessStartInfo Command(string script)
    {
        var start = new ProcessStartInfo("node", [script]) { WorkingDirectory = Folder };
        start.Environment["MODAL_CONFIG_PATH"] = Path.Combine(Folder, "no-such-file");
        start.Environment["MODAL_TOKEN_ID"] = TokenId;
        start.Environment["MODAL_TOKEN_SECRET"] = TokenSecret;
        start.Environment["MODAL_LOGLEVEL"] = "error";
        start.Environment["no_grpc_proxy"] = "127.0.0.1";
        return start;
    }

    /// <summary>Skips the test where Node or the SDK is missing; fails it in CI, where both must be there.</summary>
    public static async Task RequireAsync()
    {
        if (await Problem.Value is { } problem)
        {
            Assert.False(Environment.GetEnvironmentVariable("CI") == "true", problem);
            Skip.If(true, problem);
        }
    }

    private static async Task<string?> InstallAsync()
    {
        var lockFile = await File.ReadAllBytesAsync(Path.Combine(Folder, "package-lock.json"));
        var stamp = Path.Combine(Folder, "node_modules", $".{Convert.ToHexString(SHA256.HashData(lockFile))}");
        if (File.Exists(stamp))
        {
            return null;
        }

        try
        {
            var (exitCode, output, error) = await RunAsync(
                new ProcessStartInfo("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]) { WorkingDirectory = Folder }, InstallLimit);
            if (exitCode != 0)
            {
                return $"Modal's JS SDK cannot be installed: npm ci ended with {exitCode}. {error}{output}";
            }

            await File.WriteAllTextAsync(stamp, "");
            return null;
        }
        catch (Win32Exception e)
        {
            return $"Node and npm are needed to run Modal's JS SDK: {e.Message}";
        }
    }

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(ProcessStartInfo start, TimeSpan limit)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using var process = Process.Start(start)!;
        using var timeout = new CancellationTokenSource(limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(timeout.Token);
            var error = process.StandardError.ReadToEndAsync(timeout.Token);
            await process.WaitForExitAsync(timeout.Token);
            return (process.ExitCode, await output, await error);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}
