using System.Text;
using Microsoft.Extensions.Configuration;
using ModalAI.Configuration;
using ModalAI.Tools;

namespace ModalAI.Tests.Configuration;

public sealed class ModalConfigurationBindingTests
{
    [Fact]
    public void Bind_EveryKindOfOption_IsSet()
    {
        var options = BindSandbox("""
            {
              "AppName": "app", "createappifmissing": false, "Gpu": "T4", "Cpu": 0.5, "CpuLimit": "2", "MemoryMiB": 512,
              "Timeout": "00:10:00", "IdleTimeout": "00:01:00", "Mode": "reuseExisting", "Name": "worker", "Verbose": true,
              "Secrets": [ "a", "b" ], "Regions": [ "us" ], "EncryptedPorts": [ 80, 443 ],
              "EnvironmentVariables": { "A": "1", "EMPTY": "" }, "Tags": { "team": "x" },
              "OutboundCidrAllowlist": [ "203.0.113.0/24" ], "OutboundDomainAllowlist": [ "pypi.org" ]
            }
            """);

        Assert.Empty(options.BindingErrors);
        Assert.Equal(("app", false, "T4"), (options.AppName, options.CreateAppIfMissing, options.Gpu));
        Assert.Equal((0.5, 2.0, 512), (options.Cpu, options.CpuLimit, options.MemoryMiB));
        Assert.Equal((TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(1)), (options.Timeout, options.IdleTimeout));
        Assert.Equal((ModalSandboxMode.ReuseExisting, "worker", true), (options.Mode, options.Name, options.Verbose));
        Assert.Equal(["a", "b"], options.Secrets);
        Assert.Equal(["us"], options.Regions);
        Assert.Equal([80, 443], options.EncryptedPorts);
        Assert.Equal(new Dictionary<string, string> { ["A"] = "1", ["EMPTY"] = "" }, options.EnvironmentVariables);
        Assert.Equal("x", options.Tags["team"]);
        Assert.Equal(["203.0.113.0/24"], options.OutboundCidrAllowlist);
        Assert.Equal(["pypi.org"], options.OutboundDomainAllowlist);
        Assert.Equal("python:3.13-slim", options.Image);
    }

    [Fact]
    public void Bind_ClientSection_SetsTheClientOnly()
    {
        const string Json = """
            { "AppName": "app", "Client": { "TokenId": "ak-1", "MaxRetries": 5, "UseV2": false, "MaxThrottleWait": "00:00:05" } }
            """;

        var client = BindClient(Json);

        Assert.Equal(("ak-1", 5, false, TimeSpan.FromSeconds(5)), (client.TokenId, client.MaxRetries, client.UseV2, client.MaxThrottleWait));
        Assert.Empty(client.BindingErrors);
        Assert.Empty(BindSandbox(Json).BindingErrors);
    }

    [Fact]
    public void Bind_EmptyClientSection_LeavesDefaults()
    {
        var client = BindClient("""{ "AppName": "app" }""");

        Assert.Equal((null, null, null, 3), (client.TokenId, client.UseV2, client.MaxThrottleWait, client.MaxRetries));
    }

    [Fact]
    public void Bind_CloudBuckets_TakesNamesAndObjects()
    {
        var options = BindSandbox("""
            {
              "CloudBucketMounts": {
                "/public": "open-data",
                "/reports": {
                  "BucketName": "reports", "Secret": "aws", "ReadOnly": true, "RequesterPays": true,
                  "EndpointUrl": "https://a.r2.cloudflarestorage.com", "KeyPrefix": "2026/", "OidcAuthRoleArn": "arn:role"
                }
              }
            }
            """);

        Assert.Empty(options.BindingErrors);
        Assert.Equal(("open-data", null, false), (options.CloudBucketMounts["/public"].BucketName, options.CloudBucketMounts["/public"].Secret, options.CloudBucketMounts["/public"].ReadOnly));
        var reports = options.CloudBucketMounts["/reports"];
        Assert.Equal(("reports", "aws", true, true), (reports.BucketName, reports.Secret!.Name, reports.ReadOnly, reports.RequesterPays));
        Assert.Equal(("https://a.r2.cloudflarestorage.com", "2026/", "arn:role"), (reports.EndpointUrl, reports.KeyPrefix, reports.OidcAuthRoleArn));
    }

    [Fact]
    public void Bind_CloudBucketWithAnUnknownOrWrongKey_IsReported()
    {
        var options = BindSandbox("""{ "CloudBucketMounts": { "/x": { "BucketName": "b", "Prefix": "x/", "ReadOnly": "often" } } }""");

        Assert.Contains(options.BindingErrors, error => error.Contains("Prefix", StringComparison.Ordinal) && error.Contains("KeyPrefix", StringComparison.Ordinal));
        Assert.Contains(options.BindingErrors, error => error.Contains("ReadOnly", StringComparison.Ordinal));
    }

    [Fact]
    public void CloudBucketMountKeys_HaveWhatAMountHas()
        => Assert.Equal(
            typeof(ModalCloudBucketMount).GetProperties().Select(property => property.Name).Order(),
            typeof(CloudBucketMountKeys).GetProperties().Select(property => property.Name).Order());

    [Fact]
    public void Bind_VolumeByIdOrVersion_IsSet()
    {
        var options = BindSandbox("""{ "Volumes": { "/a": { "Id": "vo-1" }, "/b": { "Name": "b", "Version": "V2" } } }""");

        Assert.Empty(options.BindingErrors);
        Assert.Equal(("vo-1", ModalVolumeVersion.V2), (options.Volumes["/a"].Id, options.Volumes["/b"].Version));
    }

    [Fact]
    public void Bind_Volumes_TakesNamesAndObjects()
    {
        var options = BindSandbox("""
            { "Volumes": {
                "/data": "customer-data",
                "/cache": { "Name": "cache", "ReadOnly": true, "CreateIfMissing": "true", "SubPath": "a/b" } } }
            """);

        Assert.Empty(options.BindingErrors);
        Assert.Equal(("customer-data", false), (options.Volumes["/data"].Name, options.Volumes["/data"].ReadOnly));
        var cache = options.Volumes["/cache"];
        Assert.Equal(("cache", true, true, "a/b"), (cache.Name, cache.ReadOnly, cache.CreateIfMissing, cache.SubPath));
    }

    [Fact]
    public void Bind_InitialFiles_TakesTextsAndObjects()
    {
        var options = BindSandbox("""
            { "InitialFiles": {
                "/a": "print(1)", "/b": { "ContentFile": "main.py" }, "/c": { "Base64": "eA==" }, "/d": { "Text": "x" }, "/e": "" } }
            """);

        Assert.Empty(options.BindingErrors);
        Assert.Equal("print(1)", options.InitialFiles["/a"].Text);
        Assert.Equal("main.py", options.InitialFiles["/b"].ContentFile);
        Assert.Equal("eA==", options.InitialFiles["/c"].Base64);
        Assert.Equal("x", options.InitialFiles["/d"].Text);
        Assert.Equal("", options.InitialFiles["/e"].Text);
        Assert.All(options.InitialFiles.Values, file => Assert.Equal(1, file.SourceCount));
    }

    [Fact]
    public void Bind_SharedLists_AddToWhatCodeHasSet()
    {
        var options = new ModalSandboxOptions { OutboundDomainAllowlist = ["pypi.org"] };
        options.Secrets.Add("a");

        ModalConfigurationBinding.Bind(Section("""{ "Secrets": [ "b" ], "OutboundDomainAllowlist": [ "nuget.org" ] }"""), options);

        Assert.Equal(["a", "b"], options.Secrets);
        Assert.Equal(["pypi.org", "nuget.org"], options.OutboundDomainAllowlist);
    }

    [Fact]
    public void Bind_EmptyAllowlist_ClosesTheNetwork()
    {
        var options = BindSandbox("""{ "OutboundCidrAllowlist": [], "OutboundDomainAllowlist": "" }""");

        Assert.Equal([], options.OutboundCidrAllowlist);
        Assert.Equal([], options.OutboundDomainAllowlist);
        Assert.Empty(options.BindingErrors);
    }

    [Fact]
    public void Bind_Null_CountsAsAbsent()
    {
        var options = BindSandbox("""{ "Image": null, "Cpu": null, "OutboundCidrAllowlist": null, "Secrets": null, "Timeout": null }""");

        Assert.Empty(options.BindingErrors);
        Assert.Equal(("python:3.13-slim", null, null), (options.Image, options.Cpu, options.OutboundCidrAllowlist));
        Assert.Empty(new ModalSandboxOptionsValidator().Validate("", options).Failures ?? []);
    }

    [Theory]
    [InlineData("""{ "Imagee": "x" }""", "Configuration key 'Modal:Imagee' is not known: did you mean 'Image'?")]
    [InlineData("""{ "Time-out": "x" }""", "Configuration key 'Modal:Time-out' is not known: did you mean 'Timeout'?")]
    [InlineData(
        """{ "Klient": {} , "Clien": { "TokenSecret": "hunter2" } }""",
        "Configuration key 'Modal:Clien' is not known: did you mean 'Client'?")]
    [InlineData("""{ "Xyzzy": "hunter2" }""", "Configuration key 'Modal:Xyzzy' is not known: known are AcquireTimeout, ")]
    [InlineData(
        """{ "Volumes": { "/a": { "Name": "v", "Readonl": true } } }""",
        "Configuration key 'Modal:Volumes:/a:Readonl' is not known: did you mean 'ReadOnly'?")]
    [InlineData(
        """{ "InitialFiles": { "/a": { "ContentFil": "x" } } }""",
        "Configuration key 'Modal:InitialFiles:/a:ContentFil' is not known: did you mean 'ContentFile'?")]
    [InlineData("""{ "Image": { "Tag": "x" } }""", "Configuration key 'Modal:Image' does not fit Image: it must be a single value.")]
    [InlineData("""{ "Secrets": "hunter2" }""", "Configuration key 'Modal:Secrets' does not fit Secrets: it must be a list")]
    [InlineData("""{ "Secrets": { "a": "hunter2" } }""", "Configuration key 'Modal:Secrets' does not fit Secrets: it must be a list")]
    [InlineData(
        """{ "Secrets": [ { "Name": "hunter2" } ] }""",
        "Configuration key 'Modal:Secrets' does not fit Secrets: it must be without sections")]
    [InlineData(
        """{ "EnvironmentVariables": "hunter2" }""",
        "Configuration key 'Modal:EnvironmentVariables' does not fit EnvironmentVariables: it must be a map")]
    [InlineData(
        """{ "EnvironmentVariables": { "A": { "B": "hunter2" } } }""",
        "Configuration key 'Modal:EnvironmentVariables' does not fit EnvironmentVariables: it must be without")]
    [InlineData("""{ "Volumes": "v" }""", "Configuration key 'Modal:Volumes' does not fit Volumes: it must be a map")]
    [InlineData(
        """{ "OutboundCidrAllowlist": "10.0.0.0/8" }""",
        "Configuration key 'Modal:OutboundCidrAllowlist' does not fit OutboundCidrAllowlist: it must be a list")]
    [InlineData("""{ "Cpu": "much" }""", "Configuration key 'Modal:Cpu' is 'much': it must be a number.")]
    [InlineData("""{ "MemoryMiB": 0.5 }""", "Configuration key 'Modal:MemoryMiB' is '0.5': it must be a whole number.")]
    [InlineData("""{ "Verbose": "yes" }""", "Configuration key 'Modal:Verbose' is 'yes': it must be true or false.")]
    [InlineData("""{ "Timeout": "5m" }""", "Configuration key 'Modal:Timeout' is '5m': it must be a duration as hh:mm:ss, such as 00:05:00.")]
    [InlineData("""{ "Mode": "Sometimes" }""", "Configuration key 'Modal:Mode' is 'Sometimes': it must be NewPerInvocation or ReuseExisting.")]
    [InlineData(
        """{ "H2Ports": [ 80, "http" ] }""",
        "Configuration key 'Modal:H2Ports' holds a value that does not fit: it must be a list of whole numbers.")]
    public void Bind_WrongKey_IsAnErrorThatNamesItAndNoText(string json, string message)
    {
        var errors = BindSandbox(json).BindingErrors;

        Assert.Contains(errors, error => error.StartsWith(message, StringComparison.Ordinal));
        Assert.All(errors, error => Assert.DoesNotContain("hunter2", error, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(
        """{ "Client": { "TokenSecrt": "hunter2" } }""",
        "Configuration key 'Modal:Client:TokenSecrt' is not known: did you mean 'TokenSecret'?")]
    [InlineData("""{ "Client": "hunter2" }""", "Configuration key 'Modal:Client' is a single value: it must hold the keys of ModalClientOptions.")]
    [InlineData("""{ "Client": { "MaxRetries": "many" } }""", "Configuration key 'Modal:Client:MaxRetries' is 'many': it must be a whole number.")]
    [InlineData(
        """{ "Client": { "TokenSecret": [ "hunter2" ] } }""",
        "Configuration key 'Modal:Client:TokenSecret' does not fit TokenSecret: it must be a single")]
    public void Bind_WrongClientKey_IsAnErrorThatNamesItAndNoText(string json, string message)
    {
        var error = Assert.Single(BindClient(json).BindingErrors);

        Assert.StartsWith(message, error, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Bind_SeveralWrongKeys_ReportsAllAndBindsTheRest()
    {
        var options = BindSandbox("""
            { "Cpu": "a", "MemoryMiB": "b", "Timeout": "c", "Typo": 1, "Gpu": "T4", "Volumes": { "/a": { "ReadOnly": "d" } } }
            """);

        Assert.Equal(5, options.BindingErrors.Count);
        Assert.Equal("T4", options.Gpu);
        Assert.Equal(options.BindingErrors, new ModalSandboxOptionsValidator().Validate("", options).Failures!.Take(5));
    }

    [Fact]
    public void Bind_EntryThatIsTextAndObject_IsAnError()
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["Volumes:/a"] = "v", ["Volumes:/a:Name"] = "w" })
            .Build();
        var options = new ModalSandboxOptions();

        ModalConfigurationBinding.Bind(configuration, options);

        Assert.StartsWith(
            "Configuration key 'Volumes:/a' is a text and an object at once", Assert.Single(options.BindingErrors), StringComparison.Ordinal);
    }

    [Fact]
    public void Bind_SectionsThatAreBoundElsewhere_AreKnown()
    {
        var options = new ModalSandboxOptions();

        ModalConfigurationBinding.Bind(Section("""{ "Tools": { "Prefix": "x" }, "Tolls": 1 }"""), options, "Tools");

        Assert.Equal(["Configuration key 'Modal:Tolls' is not known: did you mean 'Tools'?"], options.BindingErrors);
    }

    [Fact]
    public void Bind_EveryKindOfToolOption_IsSet()
    {
        var options = BindSandbox("""
            {
              "AppName": "app",
              "Tools": {
                "Dialect": "langchain", "Prefix": "box_", "Enabled": [ "ls", "execute" ], "Names": { "ls": "list" }, "Descriptions": { "execute": "Runs it." },
                "Approval": "Risk", "ApprovalTimeout": "00:15:00", "InlineMedia": true, "KeepShellState": true, "EnvironmentVariables": { "CI": "1", "TERM": "vt100" },
                "MaxCommandTimeout": "00:20:00", "YieldAfter": "00:00:10", "MaxJobs": 4, "MaxOutputChars": 5000, "MaxLineChars": 500, "MaxReadBytes": 6000, "SeparateStreams": true,
                "MaxWriteBytes": 7000, "MaxMediaBytes": 8000, "MaxPublishBytes": 5000000000, "PublishTimeout": "00:30:00", "FileTimeout": "00:00:05",
                "Instructions": "Be quick."
              }
            }
            """);

        Assert.Empty(options.BindingErrors);
        var tools = options.Tools;
        Assert.Equal((ModalToolDialect.LangChain, "box_", ModalToolApproval.Risk, TimeSpan.FromMinutes(15)), (tools.Dialect, tools.Prefix, tools.Approval, tools.ApprovalTimeout));
        Assert.Equal(["ls", "execute"], tools.Enabled!);
        Assert.Equal(("list", "Runs it."), (tools.Names["ls"], tools.Descriptions["execute"]));
        Assert.Equal((true, true, true), (tools.InlineMedia, tools.KeepShellState, tools.SeparateStreams));
        Assert.Equal(("1", "vt100", "cat"), (tools.EnvironmentVariables["CI"], tools.EnvironmentVariables["TERM"], tools.EnvironmentVariables["PAGER"]));
        Assert.Equal((TimeSpan.FromMinutes(20), TimeSpan.FromSeconds(10)), (tools.MaxCommandTimeout, tools.YieldAfter));
        Assert.Equal((4, 5_000, 500, 6_000), (tools.MaxJobs, tools.MaxOutputChars, tools.MaxLineChars, tools.MaxReadBytes));
        Assert.Equal((7_000, 8_000, 5_000_000_000L), (tools.MaxWriteBytes, tools.MaxMediaBytes, tools.MaxPublishBytes));
        Assert.Equal((TimeSpan.FromMinutes(30), TimeSpan.FromSeconds(5), "Be quick."), (tools.PublishTimeout, tools.FileTimeout, tools.Instructions));
        Assert.Empty(new ToolOptionsValidator().Validate("", options).Failures ?? []);
    }

    [Fact]
    public void Bind_EmptyListOfTools_IsNotAllOfThem()
    {
        var options = BindSandbox("""{ "Tools": { "Enabled": [] } }""");

        Assert.Equal([], options.Tools.Enabled!);
        Assert.Contains("Tools.Enabled is empty", Assert.Single(new ToolOptionsValidator().Validate("", options).Failures!), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "Prefx": "x" }""", "Configuration key 'Modal:Tools:Prefx' is not known: did you mean 'Prefix'?")]
    [InlineData("""{ "ConfigureInstructions": "x" }""", "Configuration key 'Modal:Tools:ConfigureInstructions' is not known")]
    [InlineData("""{ "Dialect": "Klaude" }""", "Configuration key 'Modal:Tools:Dialect' is 'Klaude': it must be Claude, OpenAI, AgentFramework or LangChain.")]
    [InlineData("""{ "Approval": "some" }""", "Configuration key 'Modal:Tools:Approval' is 'some': it must be None, Writes, All or Risk.")]
    [InlineData("""{ "MaxJobs": "many" }""", "Configuration key 'Modal:Tools:MaxJobs' is 'many': it must be a whole number.")]
    [InlineData("""{ "FileTimeout": "5m" }""", "Configuration key 'Modal:Tools:FileTimeout' is '5m': it must be a duration as hh:mm:ss")]
    [InlineData("""{ "InlineMedia": "yes" }""", "Configuration key 'Modal:Tools:InlineMedia' is 'yes': it must be true or false.")]
    [InlineData("""{ "Enabled": "bash" }""", "Configuration key 'Modal:Tools:Enabled' does not fit Enabled: it must be a list")]
    [InlineData("""{ "Names": [ "bash" ] }""", null)]
    [InlineData("""{ "Names": "bash" }""", "Configuration key 'Modal:Tools:Names' does not fit Names: it must be a map")]
    public void Bind_WrongToolKey_IsAnErrorThatNamesIt(string json, string? message)
    {
        var options = BindSandbox($$"""{ "Tools": {{json}} }""");

        // A list is a map with numbers for names: what is wrong with those is for the rules.
        string[] errors = [.. options.BindingErrors, .. new ToolOptionsValidator().Validate("", options).Failures ?? []];
        Assert.StartsWith(message ?? "ModalSandboxOptions.Tools.Names names '0', which Claude does not have", Assert.Single(errors), StringComparison.Ordinal);
    }

    [Fact]
    public void Bind_ToolsThatAreNoSection_IsAnError() =>
        Assert.StartsWith("Configuration key 'Modal:Tools' ", Assert.Single(BindSandbox("""{ "Tools": "bash" }""").BindingErrors), StringComparison.Ordinal);

    private static ModalSandboxOptions BindSandbox(string json)
    {
        var options = new ModalSandboxOptions();
        ModalConfigurationBinding.Bind(Section(json), options);
        return options;
    }

    private static ModalClientOptions BindClient(string json)
    {
        var options = new ModalClientOptions();
        ModalConfigurationBinding.Bind(Section(json), options);
        return options;
    }

    private static IConfigurationSection Section(string json)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes($$"""{ "Modal": {{json}} }"""));
        return new ConfigurationBuilder().AddJsonStream(stream).Build().GetSection("Modal");
    }
}
