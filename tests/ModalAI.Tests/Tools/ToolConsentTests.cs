using Microsoft.Extensions.AI;
using ModalAI.Leasing;
using ModalAI.TestSupport;
using ModalAI.Tools;
using NSubstitute;

namespace ModalAI.Tests.Tools;

/// <summary>Which functions are marked as needing consent, and that the marks are seen through what is around them.</summary>
public sealed class ToolConsentTests : IDisposable
{
    private static readonly string[] Running = ["bash", "bash_input", "kill_bash"];
    private static readonly string[] Writing = ["write", "edit", "multi_edit"];
    private static readonly string[] Reading = ["read", "glob", "grep", "bash_output"];

    /// <summary>Never asked for anything.</summary>
    private readonly ModalClient _client = TestClient.Create("http://127.0.0.1:1");

    private ModalSandbox Sandbox => _client.Sandboxes.Get("sb-1");

    public void Dispose() => _client.Dispose();

    [Fact]
    public void None_MarksNothing() => Assert.Empty(Marked(ModalToolApproval.None, static _ => { }));

    [Fact]
    public void Writes_MarksAllThatChangeSomething() => AssertMarked([.. Running, .. Writing, "publish_file"], Marked(ModalToolApproval.Writes, BlockNetwork));

    [Fact]
    public void All_MarksAll() => AssertMarked([.. Running, .. Writing, .. Reading, "publish_file"], Marked(ModalToolApproval.All, BlockNetwork));

    public static TheoryData<string, Action<ModalSandboxOptions>, bool, bool> Risks() => new()
    {
        { "open network", static _ => { }, true, false },
        { "blocked network", BlockNetwork, false, false },
        { "empty allowlist of networks", static options => options.OutboundCidrAllowlist = [], false, false },
        { "empty allowlists", static options => (options.OutboundCidrAllowlist, options.OutboundDomainAllowlist) = ([], []), false, false },
        { "a network allowed", static options => options.OutboundCidrAllowlist = ["203.0.113.0/24"], true, false },
        { "a domain allowed", static options => (options.OutboundCidrAllowlist, options.OutboundDomainAllowlist) = ([], ["pypi.org"]), true, false },
        { "blocked, secrets", static options => Close(options).Secrets.Add("key"), true, false },
        { "blocked, port", static options => Close(options).EncryptedPorts.Add(80), true, false },
        { "blocked, HTTP/2 port", static options => Close(options).H2Ports.Add(80), true, false },
        { "blocked, TCP port", static options => Close(options).UnencryptedPorts.Add(80), true, false },
        { "blocked, volume", static options => Close(options).Volumes["/data"] = "data", true, true },
        { "blocked, volume to read", static options => Close(options).Volumes["/data"] = new ModalVolumeMount { Name = "data", ReadOnly = true }, false, false },
        { "blocked, bucket", static options => Close(options).CloudBucketMounts["/data"] = new ModalCloudBucketMount { BucketName = "bucket" }, true, true },
        { "blocked, bucket to read", static options => Close(options).CloudBucketMounts["/data"] = new ModalCloudBucketMount { BucketName = "bucket", ReadOnly = true }, true, false },
    };

    [Theory]
    [MemberData(nameof(Risks))]
    public void Risk_MarksWhatCanLeaveTheSandbox(string name, Action<ModalSandboxOptions> configure, bool marksRunning, bool marksWriting)
    {
        Assert.NotEmpty(name);
        AssertMarked([.. marksRunning ? Running : [], .. marksWriting ? Writing : [], "publish_file"], Marked(ModalToolApproval.Risk, configure));
    }

    [Fact]
    public void Risk_SandboxOfSomebodyElse_IsAsWrites()
    {
        AssertMarked([.. Running, .. Writing, "publish_file"], Marked(ModalToolApproval.Risk, static options => Close(options).SandboxId = "sb-1"));
        AssertMarked([.. Running, .. Writing, "publish_file"], Marked(Create(ModalToolApproval.Risk, BlockNetwork).ForSandbox(Sandbox)));
        AssertMarked(
            [.. Running, .. Writing, "publish_file"],
            Marked(ModalToolApproval.Risk, static options =>
                (Close(options).Mode, options.Name, options.WhenConfigurationDiffers) = (ModalSandboxMode.ReuseExisting, "box", ModalConfigurationDrift.Use)));
        AssertMarked([.. Running, .. Writing], Marked(new ModalSandboxTools(Sandbox, new ModalSandboxToolOptions { Approval = ModalToolApproval.Risk })));
    }

    [Fact]
    public async Task Sets_MadeOfOthers_KeepTheMarks()
    {
        string[] expected = [.. Running, .. Writing, "publish_file"];
        var factory = Substitute.For<IModalSandboxFactory>();
        var tools = Create(ModalToolApproval.Writes, static options => (Close(options).Mode, options.Name) = (ModalSandboxMode.ReuseExisting, "box"), factory);
        await using var session = tools.OpenSession();

        AssertMarked(expected, Marked(tools.ForKey("key")));
        AssertMarked(expected, Marked(session.Tools));
        AssertMarked(expected, Marked(tools.ForSandbox(Sandbox)));
        await using var lease = new ModalSandboxLease(new BorrowedSlot(Sandbox), factory: null);
        AssertMarked(expected, Marked(tools.ForLease(lease)));
    }

    [Fact]
    public void Marks_OfAWrappedFunction_AreSeen()
    {
        var tools = Create(ModalToolApproval.Writes, BlockNetwork).OfType<AIFunction>().Select(static function => new Wrapper(new Wrapper(function))).ToList();

        AssertMarked([.. Running, .. Writing, "publish_file"], Marked(tools));
        Assert.Equal(Reading.Order(), tools.Where(static tool => tool.GetService<ModalSandboxToolInfo>()!.IsReadOnly).Select(static tool => tool.Name).Order());
        Assert.All(tools, static tool => Assert.Equal(tool.GetService<ModalSandboxToolInfo>()!.IsReadOnly, tool.AdditionalProperties["modalai.read_only"]));
    }

    [Fact]
    public void Info_OfARenamedFunction_KnowsWhatItIs()
    {
        var tools = Create(ModalToolApproval.None, static options =>
        {
            options.Tools.Prefix = "sandbox_";
            options.Tools.Names["read"] = "open";
        });

        var info = tools.Single(static tool => tool.Name == "sandbox_open").GetService<ModalSandboxToolInfo>();

        Assert.Equal(("read", ModalToolEffect.Reads, true), (info!.Name, info.Effect, info.IsReadOnly));
        Assert.Equal(ModalToolEffect.Publishes, tools.Single(static tool => tool.Name == "sandbox_publish_file").GetService<ModalSandboxToolInfo>()!.Effect);
    }

    private static void BlockNetwork(ModalSandboxOptions options) => options.BlockNetwork = true;

    private static ModalSandboxOptions Close(ModalSandboxOptions options)
    {
        BlockNetwork(options);
        return options;
    }

    private static ModalSandboxTools Create(ModalToolApproval approval, Action<ModalSandboxOptions> configure, IModalSandboxFactory? factory = null)
    {
        var options = new ModalSandboxOptions { Mode = ModalSandboxMode.ReuseExisting };
        configure(options);
        options.Tools.Approval = approval;
        return new ModalSandboxTools(ToolSetup.From(options, Substitute.For<IModalArtifactSink>()), factory ?? Substitute.For<IModalSandboxFactory>(), options.Mode);
    }

    private static IEnumerable<string> Marked(ModalToolApproval approval, Action<ModalSandboxOptions> configure) => Marked(Create(approval, configure));

    private static IEnumerable<string> Marked(IEnumerable<AITool> tools) =>
        tools.Where(static tool => tool.GetService<ApprovalRequiredAIFunction>() is not null).Select(static tool => tool.Name);

    private static void AssertMarked(IEnumerable<string> expected, IEnumerable<string> actual) => Assert.Equal(expected.Order(), actual.Order());

    private sealed class Wrapper(AIFunction function) : DelegatingAIFunction(function);
}
