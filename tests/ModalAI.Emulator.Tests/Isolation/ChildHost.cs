using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using ModalAI.Emulator.Isolation;

namespace ModalAI.Emulator.Tests.Isolation;

/// <summary>A sandbox host in a process of its own.</summary>
internal static class ChildHost
{
    /// <summary>What that process does: makes a sandbox, runs a script in it, says the pid of its PID 1, and waits to be killed.</summary>
    public static async Task<int> RunAsync(string[] arguments)
    {
        try
        {
            var host = await SandboxHost.StartAsync(arguments[0], NullLoggerFactory.Instance, CancellationToken.None);
            var sandbox = await host.CreateAsync(new SandboxSpec { Id = "child" }, CancellationToken.None);
            var process = sandbox.Start(new ProcessSpec { Arguments = ["sh", "-c", arguments[1]] });
            await process.ReadLineAsync();
            Console.WriteLine(sandbox.InitProcessId.ToString(CultureInfo.InvariantCulture));
            await Task.Delay(Timeout.Infinite);
            return 0;
        }
        catch (IsolationUnavailableException exception)
        {
            Console.WriteLine(exception.Message);
            return 3;
        }
    }

    /// <summary>Starts that process.</summary>
    /// <param name="launcher">Programs that start it, or nothing.</param>
    /// <param name="stateDirectory">Where its files are to be.</param>
    /// <param name="script">Run in its sandbox; has to write a line.</param>
    public static Process Start(IReadOnlyList<string> launcher, string stateDirectory, string script)
    {
        IReadOnlyList<string> command = [.. launcher, Environment.ProcessPath is { } path && Path.GetFileName(path) == "dotnet" ? path : "dotnet", typeof(ChildHost).Assembly.Location, stateDirectory, script];
        var start = new ProcessStartInfo(command[0]) { RedirectStandardOutput = true, RedirectStandardInput = true };
        foreach (var argument in command.Skip(1))
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }
}
