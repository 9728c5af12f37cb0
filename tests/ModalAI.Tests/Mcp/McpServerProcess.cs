using System.Diagnostics;
using System.Globalization;
using System.Text;
using ModalAI.TestSupport;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace ModalAI.Tests.Mcp;

/// <summary>The sample's server as a child process, and a client on its standard input and output. It is killed at the latest when it is disposed of.</summary>
internal sealed class McpServerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _errors = new();
    private McpClient? _client;

    private McpServerProcess(Process process)
    {
        _process = process;
        process.ErrorDataReceived += (_, line) => _errors.Append(line.Data is null ? "" : line.Data + "\n");
        process.BeginErrorReadLine();
    }

    public McpClient Client => _client!;

    /// <summary>Starts it with its own emulator, whose files are below a folder.</summary>
    /// <param name="temporary">The folder for temporary files.</param>
    public static Task<McpServerProcess> StartAsync(string temporary) => StartAsync([], temporary);

    /// <summary>Starts it on a server that runs already.</summary>
    /// <param name="serverUrl">The server.</param>
    /// <param name="settings">Its other configuration.</param>
    public static Task<McpServerProcess> StartAsync(Uri serverUrl, params string[] settings) => StartAsync(
        [
            "--modal",
            $"--Sandbox:Client:ServerUrl={serverUrl}",
            "--Sandbox:Client:TokenId=ak-test",
            "--Sandbox:Client:TokenSecret=as-test",
            "--Sandbox:Client:UseEnvironmentVariables=false",
            "--Sandbox:Client:UseConfigurationFile=false",
            .. settings,
        ]);

    /// <summary>Sends it a signal.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(TestTimeout.Token);
    }

    /// <summary>Closes its input, as a client does that goes away.</summary>
    public void CloseInput() => _process.StandardInput.Close();

    /// <summary>Waits for its end.</summary>
    /// <returns>Its exit code and what it wrote to standard error.</returns>
    public async Task<(int ExitCode, string Errors)> WhenEndedAsync()
    {
        await _process.WaitForExitAsync(TestTimeout.Token);
        return (_process.ExitCode, _errors.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(TestTimeout.Token);
        if (_client is not null)
        {
            await _client.DisposeAsync();
        }

        _process.Dispose();
    }

    private static async Task<McpServerProcess> StartAsync(string[] arguments, string? temporary = null)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "McpServer.dll"), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["TMPDIR"] = temporary ?? Path.GetTempPath();
        var server = new McpServerProcess(Process.Start(start)!);
        try
        {
            var transport = new StreamClientTransport(server._process.StandardInput.BaseStream, server._process.StandardOutput.BaseStream);

            // A server that starts slowly is not one that speaks another protocol.
            var options = new McpClientOptions { DiscoverProbeTimeout = Timeout.InfiniteTimeSpan };
            server._client = await McpClient.CreateAsync(transport, options, cancellationToken: TestTimeout.Token);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }
}
