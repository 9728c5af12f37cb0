using System.Text;
using Microsoft.Extensions.AI;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Tools.Fuzz;

/// <summary>Hostile calls in a real sandbox, where programs that take note of what they are given stand in the place of bash and Python.</summary>
public sealed class SandboxFuzzTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    private const int Seed = 7_103;
    private const string Recorder = "/opt/recorder";
    private const string Seen = Recorder + "/seen";

    private readonly HostWatch _watch = new(Path.Combine(Path.GetTempPath(), $"modalai-fuzz-{Guid.NewGuid():N}"));
    private readonly Random _random = new(Seed);
    private ModalSandbox _sandbox = null!;
    private AIFunction[] _functions = [];

    public override async Task InitializeAsync()
    {
        _sandbox = await Client.Sandboxes.CreateAsync(
            new ModalSandboxCreateOptions
            {
                AppName = "tests",
                WorkingDirectory = "/work",
                EnvironmentVariables = new Dictionary<string, string> { ["PATH"] = $"{Recorder}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
            },
            TestTimeout.Token);
        await AddProgramAsync("bash", """printf '%s\0' "$@" """);
        await AddProgramAsync("python3", "cat");
        _functions = [.. AllFunctions.Of(_sandbox)];
    }

    public override async Task DisposeAsync()
    {
        await _sandbox.TerminateAsync(TestTimeout.Token);
        await base.DisposeAsync();
        _watch.AssertUntouched();
        _watch.Dispose();
        Directory.Delete(_watch.Directory, recursive: true);
    }

    [Fact]
    public async Task Commands_HostileText_ReachTheProgramByteForByte()
    {
        var text = new HostileText(_random, _watch.Canary);
        foreach (var (function, parameter) in _functions.SelectMany(static function => Parameters(function).Where(static name => name is "command" or "cmd" or "code").Select(name => (function, name))))
        {
            for (var i = TestSize.Of(ci: 12, full: 500); i > 0; i--)
            {
                var given = text.Compose();
                var result = await CallAsync(function, (parameter, given));

                var seen = Encoding.UTF8.GetString(await _sandbox.Files.ReadAllBytesAsync(Seen, cancellationToken: TestTimeout.Token));
                Assert.True(seen == (parameter == "code" ? given : $"-c\0--\0{given}\0"), $"{function.Name} {FuzzCall.Show(given)} became {FuzzCall.Show(seen)}: {result}");
            }
        }
    }

    [Fact]
    public async Task Files_HostileNamesAndContents_AreWhatWasGivenByteForByte()
    {
        var text = new HostileText(_random, _watch.Canary);
        foreach (var function in _functions.Where(static function => Parameters(function).Contains("content") || function.Name == "apply_patch"))
        {
            for (var i = TestSize.Of(ci: 8, full: 300); i > 0; i--)
            {
                var (name, content) = (text.FileName(), text.FileName() + "\n");
                var result = function.Name == "apply_patch"
                    ? await CallAsync(function, ("input", $"*** Begin Patch\n*** Add File: {name}\n+{content}*** End Patch"))
                    : await CallAsync(function, (PathOf(function), name), ("content", content));
                await AssertOnlyFileAsync(name, content, result);

                var edit = _functions.First(static function => function.Name == "edit");
                var changed = text.FileName() + "\n";
                result = await CallAsync(edit, ("file_path", name), ("old_string", content), ("new_string", changed));
                await AssertOnlyFileAsync(name, changed, result);

                result = await CallAsync(_functions.First(static function => function.Name == "delete"), ("file_path", name));
                Assert.Equal("", await FindAsync());
                Assert.StartsWith("deleted ", result, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task Calls_HostileArguments_AreAnsweredAndLeaveNothing()
    {
        var generator = new CallGenerator(_random, _watch.Canary, static () => null);
        for (var i = TestSize.Of(ci: 150, full: 3_000); i > 0; i--)
        {
            var call = generator.Next(_functions[_random.Next(_functions.Length)]);
            try
            {
                CallChecks.CheckResult(call, await call.Function.InvokeAsync(new AIFunctionArguments(call.Arguments), TestTimeout.Token));
            }
            catch (Exception exception)
            {
                Assert.Fail($"{exception}\n{call}");
            }
        }

        Assert.True((await _sandbox.ExecuteAsync("true", TestTimeout.Token)).IsSuccess);
    }

    private static IEnumerable<string> Parameters(AIFunction function) => function.JsonSchema.GetProperty("properties").EnumerateObject().Select(static parameter => parameter.Name);

    private static string PathOf(AIFunction function) => Parameters(function).First(static name => name is "file_path" or "path" or "fileName");

    private static async Task<string> CallAsync(AIFunction function, params (string Name, object? Value)[] arguments) => Assert.IsType<string>(
        await function.InvokeAsync(new AIFunctionArguments(arguments.ToDictionary(static argument => argument.Name, static argument => argument.Value)), TestTimeout.Token));

    private async Task AddProgramAsync(string name, string command)
    {
        await _sandbox.Files.WriteAllTextAsync($"{Recorder}/{name}", $"#!/bin/sh\n{command} >{Seen}\n", TestTimeout.Token);
        (await _sandbox.ExecuteAsync($"chmod 755 {Recorder}/{name}", TestTimeout.Token)).EnsureSuccess();
    }

    /// <summary>Everything in the working directory, as the kernel has it.</summary>
    private async Task<string> FindAsync() =>
        (await _sandbox.ExecuteAsync(ModalCommand.Create("find", "/work", "-mindepth", "1", "-print0"), TestTimeout.Token)).EnsureSuccess().StandardOutput;

    private async Task AssertOnlyFileAsync(string name, string content, string result)
    {
        Assert.True(await FindAsync() is var found && found == $"/work/{name}\0", $"{FuzzCall.Show(name)} became {FuzzCall.Show(found)}: {result}");
        var bytes = await _sandbox.Files.ReadAllBytesAsync($"/work/{name}", cancellationToken: TestTimeout.Token);
        Assert.True(bytes.AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(content)), $"{FuzzCall.Show(content)} became {FuzzCall.Show(Encoding.UTF8.GetString(bytes))}: {result}");
    }
}
