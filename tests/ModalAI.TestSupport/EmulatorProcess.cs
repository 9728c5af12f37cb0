using System.Diagnostics;
using System.Globalization;

namespace ModalAI.TestSupport;

/// <summary>The emulator as a program of its own, so that what this process uses is what the client uses.</summary>
public sealed class EmulatorProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly DirectoryInfo _state;

    private EmulatorProcess(Process process, DirectoryInfo state, string serverUrl)
    {
        _process = process;
        _state = state;
        ServerUrl = serverUrl;
    }

    /// <summary>Where it listens.</summary>
    public string ServerUrl { get; }

    /// <summary>Starts it, and returns when it listens.</summary>
    public static async Task<EmulatorProcess> StartAsync()
    {
        var state = Directory.CreateTempSubdirectory("modalai-program-");
        var process = Process.Start(new ProcessStartInfo(
            "dotnet", [Path.Combine(AppContext.BaseDirectory, "ModalAI.Emulator.dll"), "--port", "0", "--state", state.FullName])
        {
            RedirectStandardOutput = true,
        })!;
        var line = await process.StandardOutput.ReadLineAsync(TestTimeout.Token).ConfigureAwait(false)
            ?? throw new InvalidOperationException("The emulator has ended without listening.");
        return new EmulatorProcess(process, state, line.Split(' ')[^1]);
    }

    /// <summary>Bytes in its files.</summary>
    public long CountBytes() => _state.EnumerateFiles("*", SearchOption.AllDirectories).Sum(static file => file.Length);

    /// <summary>Stops it as an operator would, which ends what runs in it and frees its disk.</summary>
    public async ValueTask DisposeAsync()
    {
        using (var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            await kill.WaitForExitAsync().ConfigureAwait(false);
        }

        try
        {
            await _process.WaitForExitAsync(TestTimeout.Token).ConfigureAwait(false);
        }
        finally
        {
            _process.Kill();
            _process.Dispose();
            _state.Delete(recursive: true);
        }
    }
}
