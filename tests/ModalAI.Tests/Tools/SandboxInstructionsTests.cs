using ModalAI.Tools;
using NSubstitute;

namespace ModalAI.Tests.Tools;

public sealed class SandboxInstructionsTests
{
    [Fact]
    public void Describe_Defaults_IsShort() => Assert.Equal(
        "The tools bash and read work in a sandbox: a Linux computer of your own. "
        + "Files and background processes stay from one call to the next, until you have answered; then the sandbox and all in it is gone. "
        + "Each command has a shell of its own: a changed directory or variable does not stay. "
        + "A command is killed after 2 minutes, unless the call says otherwise. "
        + "One that takes longer than 30 seconds goes on as a job; follow it with bash_output, do not start it again. "
        + "The sandbox ends 5 minutes after it was made. "
        + "It can reach the internet.",
        Describe(static _ => { }));

    [Fact]
    public void Describe_AllThatIsSaid_IsTold()
    {
        var text = Describe(static options =>
        {
            options.WorkingDirectory = "/work";
            options.Gpu = "A100:2";
            options.Timeout = TimeSpan.FromHours(2);
            options.IdleTimeout = TimeSpan.FromSeconds(90);
            options.CommandTimeout = TimeSpan.FromSeconds(1);
            options.Volumes["/data"] = "customer-data";
            options.Volumes["/models"] = new ModalVolumeMount { Name = "models", ReadOnly = true };
            options.CloudBucketMounts["/bucket"] = "reports";
            options.InitialFiles["/app/main.py"] = "print('content')";
        });

        Assert.Contains("with a GPU (A100:2).", text, StringComparison.Ordinal);
        Assert.Contains("Commands and relative paths start in /work.", text, StringComparison.Ordinal);
        Assert.Contains("A command is killed after 1 second,", text, StringComparison.Ordinal);
        Assert.Contains("ends 2 hours after it was made, or when nothing was done in it for 90 seconds.", text, StringComparison.Ordinal);
        Assert.Contains("What is written to /data and /bucket is kept when the sandbox has ended. /models can only be read.", text, StringComparison.Ordinal);
        Assert.Contains("A new sandbox has /app/main.py.", text, StringComparison.Ordinal);
        Assert.DoesNotContain("content", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Describe_SecretsAndVariables_AreLeftOut()
    {
        var text = Describe(static options =>
        {
            options.Secrets.Add("warehouse-credentials");
            options.EnvironmentVariables["API_KEY"] = "s3cret-value";
            options.CloudBucketMounts["/bucket"] = new() { BucketName = "private-bucket", Secret = ModalSecret.FromName("aws-credentials") };
        });

        Assert.All(
            ["warehouse", "API_KEY", "s3cret-value", "private-bucket", "aws-credentials"],
            part => Assert.DoesNotContain(part, text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true, null, null, "It has no access to the network.")]
    [InlineData(false, "", null, "It has no access to the network.")]
    [InlineData(false, null, "", "It has no access to the network.")]
    [InlineData(false, "203.0.113.0/24", null, "Of the network it can reach only 203.0.113.0/24.")]
    [InlineData(false, "203.0.113.0/24", "pypi.org", "Of the network it can reach only 203.0.113.0/24 and pypi.org (TLS on port 443).")]
    public void Describe_Network_SaysWhatCanBeReached(bool blocked, string? networks, string? domains, string expected)
    {
        var text = Describe(options =>
        {
            options.BlockNetwork = blocked;
            options.OutboundCidrAllowlist = networks?.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            options.OutboundDomainAllowlist = domains?.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        });

        Assert.EndsWith(expected, text, StringComparison.Ordinal);
    }

    [Fact]
    public void Describe_ManyFiles_NamesTheFirst()
    {
        var text = Describe(static options =>
        {
            for (var number = 1; number <= 25; number++)
            {
                options.InitialFiles[$"/app/{number}"] = "";
            }
        });

        Assert.EndsWith("/app/19, /app/20 and 5 more.", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Describe_SandboxThatIsReused_StaysAfterTheAnswer()
    {
        var named = Describe(static options => (options.Mode, options.Name) = (ModalSandboxMode.ReuseExisting, "shared"));
        var given = Describe(static options => (options.Mode, options.SandboxId) = (ModalSandboxMode.ReuseExisting, "sb-1"));

        Assert.All([named, given], static text => Assert.Contains("and after your answer", text, StringComparison.Ordinal));
        Assert.Contains("The sandbox ends 5 minutes after it was made.", named, StringComparison.Ordinal);

        // How that one was made is not known.
        Assert.DoesNotContain("sandbox ends", given, StringComparison.Ordinal);
        Assert.DoesNotContain("internet", given, StringComparison.Ordinal);
    }

    [Fact]
    public void Describe_SetWithoutAShell_SaysNothingOfCommands()
    {
        var text = Describe(Tools(static options => (options.Tools.Enabled, options.Mode, options.Name) = (["read", "glob"], ModalSandboxMode.ReuseExisting, "n")));

        Assert.StartsWith("The tools read and glob work in", text, StringComparison.Ordinal);
        Assert.DoesNotContain("command", text, StringComparison.Ordinal);
        Assert.DoesNotContain("bash", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Describe_OtherNames_AreUsed()
    {
        var text = Describe(Tools(static options =>
            (options.Tools.Prefix, options.Tools.Names["bash_output"], options.Mode, options.Name) = ("box_", "follow", ModalSandboxMode.ReuseExisting, "n")));

        Assert.StartsWith("The tools box_bash, box_read,", text, StringComparison.Ordinal);
        Assert.Contains("follow it with box_follow,", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Describe_KeptShellState_IsTold() => Assert.Contains(
        "A changed directory and exported variables stay for the next command",
        Describe(Tools(static options => (options.Tools.KeepShellState, options.Mode, options.Name) = (true, ModalSandboxMode.ReuseExisting, "n"))), StringComparison.Ordinal);

    [Fact]
    public void Describe_SetWithoutFunctions_IsNothing() =>
        Assert.Empty(Describe(Tools(static options => (options.Tools.Dialect, options.Tools.Enabled) = (ModalToolDialect.OpenAI, ["view_image"]))));

    [Fact]
    public void Describe_SessionsOfOpenAI_SaysThatTheyHaveNoLimit()
    {
        var text = Describe(Tools(static options => (options.Tools.Dialect, options.Mode, options.Name) = (ModalToolDialect.OpenAI, ModalSandboxMode.ReuseExisting, "box")));

        Assert.Contains("without a time limit; follow it with write_stdin", text, StringComparison.Ordinal);
        Assert.DoesNotContain("killed after", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Describe_SandboxUsedWhateverItWasMadeOf_SaysNothingOfTheNetwork() => Assert.DoesNotContain(
        "network",
        Describe(Tools(static options => (options.Mode, options.Name, options.BlockNetwork, options.WhenConfigurationDiffers) =
            (ModalSandboxMode.ReuseExisting, "box", true, ModalConfigurationDrift.Use))),
        StringComparison.Ordinal);

    [Fact]
    public void Describe_NewSandboxForEachCall_IsTold() =>
        Assert.Contains("Each call has a new sandbox", Describe(Tools(static _ => { })), StringComparison.Ordinal);

    [Theory]
    [InlineData("Own words.", null, "Own words.")]
    [InlineData("", null, "")]
    [InlineData("Own words.", " And more.", "Own words. And more.")]
    public void Describe_OwnInstructions_TakeThePlaceOfOurs(string own, string? added, string expected) => Assert.Equal(
        expected,
        Describe(Tools(options => (options.Tools.Instructions, options.Tools.ConfigureInstructions) = (own, added is null ? null : text => text + added))));

    [Fact]
    public void Describe_InstructionsThatAreConfigured_HaveOursToGoOnFrom() => Assert.StartsWith(
        "Work fast. The tools bash", Describe(Tools(static options => options.Tools.ConfigureInstructions = static text => $"Work fast. {text}")), StringComparison.Ordinal);

    private static string Describe(ModalSandboxTools tools) => tools.Instructions;

    private static ModalSandboxTools Tools(Action<ModalSandboxOptions> configure)
    {
        var options = new ModalSandboxOptions();
        configure(options);
        return new ModalSandboxTools(ToolSetup.From(options, sink: null), Substitute.For<IModalSandboxFactory>(), options.Mode);
    }

    private static string Describe(Action<ModalSandboxOptions> configure)
    {
        var options = new ModalSandboxOptions();
        configure(options);
        return SandboxInstructions.Describe(new InstructionFacts
        {
            Tools = ["bash", "read"],
            Life = options.Mode == ModalSandboxMode.ReuseExisting ? SandboxLife.Shared : SandboxLife.PerResponse,
            Sandboxes = options,
            Settings = CommandSettings.From(options.Tools, options.EffectiveCommandTimeout, isSandboxKept: true),
        });
    }
}
