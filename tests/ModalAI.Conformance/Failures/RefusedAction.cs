using ModalAI.Conformance.Wire;

namespace ModalAI.Conformance.Failures;

/// <summary>Something that nobody would take, as it is asked for here; <c>node/wire-refusals.mjs</c> has it under the same name for Modal's SDK.</summary>
internal static class RefusedAction
{
    private static readonly ModalSandboxCreateOptions Defaults = WireRun.Defaults;
    private static readonly ModalCommand True = ModalCommand.Create("true");

    public static IReadOnlyDictionary<string, Func<WireRun, Task>> All { get; } = new Dictionary<string, Func<WireRun, Task>>
    {
        ["a GPU count of zero"] = Create(Defaults with { Gpu = "T4:0" }),
        ["a GPU count that is no number"] = Create(Defaults with { Gpu = "T4:many" }),
        ["a name with blanks"] = Create(Defaults with { Name = "no blanks please" }),
        ["a name that is too long"] = Create(Defaults with { Name = new string('n', 65) }),
        ["a name that is an app's id"] = Create(Defaults with { Name = "ap-0123456789abcdefABCDEF" }),
        ["a variable that starts with a digit"] = Create(Defaults with { EnvironmentVariables = Variables("1A") }),
        ["a variable with a hyphen"] = Create(Defaults with { EnvironmentVariables = Variables("A-B") }),
        ["a secret with a bad key"] = _ => Task.FromResult(ModalSecret.FromValues([new("A-B", "x")])),
        ["a lifetime of zero"] = Create(Defaults with { Timeout = TimeSpan.Zero }),
        ["a negative lifetime"] = Create(Defaults with { Timeout = TimeSpan.FromSeconds(-1) }),
        ["an idle limit of zero"] = Create(Defaults with { IdleTimeout = TimeSpan.Zero }),
        ["no CPU"] = Create(Defaults with { Cpu = 0 }),
        ["a CPU limit alone"] = Create(Defaults with { CpuLimit = 1 }),
        ["a CPU limit below the reservation"] = Create(Defaults with { Cpu = 2, CpuLimit = 1 }),
        ["no memory"] = Create(Defaults with { MemoryMiB = 0 }),
        ["a memory limit alone"] = Create(Defaults with { MemoryLimitMiB = 512 }),
        ["a memory limit below the reservation"] = Create(Defaults with { MemoryMiB = 512, MemoryLimitMiB = 256 }),
        ["a relative working directory"] = Create(Defaults with { WorkingDirectory = "tmp" }),
        ["a blocked network with ranges"] = Create(Defaults with { BlockNetwork = true, OutboundCidrAllowlist = ["10.0.0.0/8"] }),
        ["a blocked network with domains"] = Create(Defaults with { BlockNetwork = true, OutboundDomainAllowlist = ["example.com"] }),
        ["a range that is none"] = Create(Defaults with { OutboundCidrAllowlist = ["10.0.0.0/99"] }),
        ["a command that is too long"] = Execute(ModalCommand.Create("echo", new string('x', 65_536))),
        ["a relative working directory of a command"] = Execute(True with { WorkingDirectory = "tmp" }),
        ["an empty working directory of a command"] = Execute(True with { WorkingDirectory = "" }),
        ["a variable of a command with a hyphen"] = Execute(True with { EnvironmentVariables = Variables("A-B") }),
        ["a negative limit of a command"] = Execute(True with { Timeout = TimeSpan.FromSeconds(-1) }),
        ["a layer that copies local files"] = _ => Task.FromResult(Defaults.Image.WithDockerfileCommands("COPY a b")),
        ["an image name without a name"] = run => run.Client.Images.GetByNameAsync("team/", cancellationToken: run.CancellationToken),
        ["an image name that is an id"] = run => run.Client.Images.GetByNameAsync("im-0123456789abcdefABCDEF", cancellationToken: run.CancellationToken),
        ["an image name with two environments"] = run => run.Client.Images.GetByNameAsync("team/base", "staging", run.CancellationToken),
        ["the publication of an image that is not built"] = run => run.Client.Images.PublishAsync(Defaults.Image, "base", cancellationToken: run.CancellationToken),
        ["a relative path to read"] = run => run.WithSandboxAsync(sandbox => sandbox.Files.ReadAllTextAsync("etc/hostname", cancellationToken: run.CancellationToken)),
        ["a relative path to write"] = run => run.WithSandboxAsync(sandbox => sandbox.Files.WriteAllTextAsync("tmp/x", "x", run.CancellationToken)),
        ["a relative path to list"] = run => run.WithSandboxAsync(sandbox => sandbox.Files.ListAsync("tmp", run.CancellationToken)),
    };

    private static Dictionary<string, string> Variables(string name) => new() { [name] = "x" };

    private static Func<WireRun, Task> Create(ModalSandboxCreateOptions options) => run => run.WithSandboxAsync(options, _ => Task.CompletedTask);

    private static Func<WireRun, Task> Execute(ModalCommand command) => run => run.WithSandboxAsync(sandbox => sandbox.ExecuteAsync(command, run.CancellationToken));
}
