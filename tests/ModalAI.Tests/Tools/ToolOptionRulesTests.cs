using Microsoft.Extensions.Options;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Tools;

public sealed class ToolOptionRulesTests
{
    public static TheoryData<string, Action<ModalSandboxToolOptions>> Problems() => new()
    {
        { "Dialect is 9: it must be Claude, OpenAI, AgentFramework or LangChain.", static options => options.Dialect = (ModalToolDialect)9 },
        { "Approval is 9: it must be None, Writes, All or Risk.", static options => options.Approval = (ModalToolApproval)9 },
        { "Enabled names 'ls', which Claude does not have: it has bash, ", static options => options.Enabled = ["bash", "ls"] },
        { "Enabled is empty: name at least one of bash, ", static options => options.Enabled = [] },
        { "Names names 'ls', which Claude does not have", static options => options.Names["ls"] = "list" },
        { "Descriptions names 'ls', which Claude does not have", static options => options.Descriptions["ls"] = "Lists." },
        { "Descriptions[bash] is ' ': it must say what the function does.", static options => options.Descriptions["bash"] = " " },
        { "Names would call 'bash' 'run it': the name of a function is 1 to 64 letters", static options => options.Names["bash"] = "run it" },
        { "Names would call 'bash' '': ", static options => options.Names["bash"] = "" },
        { "Names would call both 'bash' and 'read' 'x': names have to differ.", static options => (options.Names["bash"], options.Names["read"]) = ("x", "x") },
        { "Names would call both 'bash' and 'grep' 'grep': ", static options => options.Names["bash"] = "grep" },
        { "EnvironmentVariables has 'a=b': ", static options => options.EnvironmentVariables["a=b"] = "x" },
        { "EnvironmentVariables['A'] has a value with a NUL character", static options => options.EnvironmentVariables["A"] = "a\0b" },
        { "EnvironmentVariables has 2", static options => options.EnvironmentVariables["A"] = new string('x', 20_000) },
        { "YieldAfter is 60.00:00:00: it must be at most 24 hours", static options => options.YieldAfter = TimeSpan.FromDays(60) },
        { "MaxCommandTimeout is 00:00:00: it must be from 1 second (00:00:01) to 24 hours", static options => options.MaxCommandTimeout = TimeSpan.Zero },
        { "FileTimeout is 01:00:01: it must be from 1 second (00:00:01) to 1 hour", static options => options.FileTimeout = new TimeSpan(1, 0, 1) },
        { "ApprovalTimeout is 1.00:00:01: it must be from 1 second (00:00:01) to 24 hours", static options => options.ApprovalTimeout = new TimeSpan(24, 0, 1) },
        { "PublishTimeout is 00:00:00: ", static options => options.PublishTimeout = TimeSpan.Zero },
        { "MaxJobs is 0: it must be from 1 to 1000.", static options => options.MaxJobs = 0 },
        { "MaxOutputChars is 999: ", static options => options.MaxOutputChars = 999 },
        { "MaxLineChars is 100001: ", static options => options.MaxLineChars = 100_001 },
        { "MaxReadBytes is 1000001: ", static options => options.MaxReadBytes = 1_000_001 },
        { "MaxWriteBytes is 67108865: ", static options => options.MaxWriteBytes = (64 * 1024 * 1024) + 1 },
        { "MaxMediaBytes is 0: ", static options => options.MaxMediaBytes = 0 },
        { "MaxPublishBytes is 0: it must be 1 or more.", static options => options.MaxPublishBytes = 0 },
    };

    [Theory]
    [MemberData(nameof(Problems))]
    public void Validate_OneProblem_SaysWhatIsAllowed(string expected, Action<ModalSandboxToolOptions> configure)
    {
        var failure = Assert.Single(Failures(configure));

        Assert.StartsWith($"ModalSandboxToolOptions.{expected}", failure, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_PrefixThatNoNameMayHave_IsReported() =>
        Assert.Contains(Failures(static options => options.Prefix = "a b "), static failure => failure.Contains("would call 'bash' 'a b bash'", StringComparison.Ordinal));

    [Fact]
    public void Validate_SeveralProblems_ReportsAll()
    {
        var failures = Failures(static options => (options.MaxJobs, options.MaxReadBytes, options.Enabled) = (0, 0, ["launch"]));

        Assert.All(["MaxJobs", "MaxReadBytes", "'launch'"], part => Assert.Contains(failures, failure => failure.Contains(part, StringComparison.Ordinal)));
    }

    [Fact]
    public void Validate_NamesThatSwap_AreFine() =>
        Assert.Empty(Failures(static options => (options.Names["read"], options.Names["write"], options.Prefix) = ("write", "read", "a-1_")));

    [Fact]
    public void Validate_NameOfASwitchedOffFunction_IsFree() =>
        Assert.Empty(Failures(static options => (options.Enabled, options.Names["bash"]) = (["bash"], "grep")));

    [Theory]
    [InlineData(ModalToolDialect.Claude)]
    [InlineData(ModalToolDialect.LangChain)]
    public void Validate_Defaults_AreFine(ModalToolDialect dialect) => Assert.Empty(Failures(options => options.Dialect = dialect));

    private static List<string> Failures(Action<ModalSandboxToolOptions> configure)
    {
        var options = new ModalSandboxToolOptions();
        configure(options);
        using var client = TestClient.Create("http://127.0.0.1:1");
        try
        {
            _ = new ModalSandboxTools(client.Sandboxes.Get("sb-1"), options);
            return [];
        }
        catch (OptionsValidationException exception)
        {
            return [.. exception.Failures];
        }
    }
}
