using System.Diagnostics;
using Xunit;

namespace ModalAI.TestSupport;

/// <summary>A Redis server (Debian: redis-server) for the tests of a class. It listens on a socket in a directory of its own, keeps nothing, and ends with the class.</summary>
public sealed class RedisServer : IAsyncLifetime
{
    private const string Program = "/usr/bin/redis-server";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("modalai-redis-");
    private Process? _process;

    /// <summary>How <c>RedisCacheOptions.Configuration</c> spells the server's address.</summary>
    public string Configuration => $"!{SocketPath}";

    private string SocketPath => Path.Join(_directory.FullName, "redis.sock");

    /// <summary>Skips the test where the server is not installed; fails it in CI, where it must be.</summary>
    public static void Require()
    {
        if (!File.Exists(Program))
        {
            const string problem = "Redis is not installed (Debian: redis-server).";
            Assert.False(Environment.GetEnvironmentVariable("CI") == "true", problem);
            Skip.If(true, problem);
        }
    }

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        if (!File.Exists(Program))
        {
            return;
        }

        string[] arguments = ["--port", "0", "--unixsocket", SocketPath, "--unixsocketperm", "700", "--save", "", "--appendonly", "no", "--dir", _directory.FullName];
        var process = new Process { StartInfo = new ProcessStartInfo(Program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true } };
        _process = process;
        var output = new List<string>();
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        process.OutputDataReceived += (_, line) =>
        {
            // The first without text is the end of the output.
            output.Add(line.Data ?? "It has ended.");
            if (line.Data is null)
            {
                ready.TrySetException(new InvalidOperationException(string.Join('\n', output)));
            }
            else if (line.Data.Contains("ready to accept connections", StringComparison.OrdinalIgnoreCase))
            {
                ready.TrySetResult();
            }
        };
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await ready.Task.WaitAsync(TestTimeout.Token);
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        if (_process is { } process)
        {
            process.Kill();
            await process.WaitForExitAsync(TestTimeout.Token);
            process.Dispose();
        }

        _directory.Delete(recursive: true);
    }

    /// <summary>Sends a command, past the cache.</summary>
    /// <returns>The reply: text, a number or null.</returns>
    public async Task<object?> SendAsync(params string[] command)
    {
        var reply = await RedisCommand.SendAsync(SocketPath, [.. command.Select(RedisCommand.Encode)], TestTimeout.Token);
        return reply is byte[] bytes ? RedisCommand.Decode(bytes) : reply;
    }
}
