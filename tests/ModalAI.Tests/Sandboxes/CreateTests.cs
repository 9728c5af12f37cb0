using ModalAI.Emulator.Server;
using ModalAI.Protocol;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Sandboxes;

/// <summary>What a creation sends, and what it makes of the answers.</summary>
public sealed class CreateTests
{
    private static readonly ModalSandboxCreateOptions Plain = new() { Image = ModalImage.FromId("im-1") };

    private static readonly ModalSandboxCreateOptions Full = Plain with
    {
        Command = ["sh", "-c", "sleep 1"],
        WorkingDirectory = "/work",
        Cpu = 1.5,
        CpuLimit = 2.0005,
        MemoryMiB = 512,
        MemoryLimitMiB = 1024,
        Name = "full",
        Tags = new Dictionary<string, string> { ["team"] = "a" },
        Timeout = TimeSpan.FromSeconds(90.2),
        IdleTimeout = TimeSpan.FromSeconds(30),
        Regions = ["eu", "us-east"],
        Cloud = "aws",
        Verbose = true,
        Runtime = ModalSandboxRuntime.VirtualMachine,
        CustomDomain = "sandboxes.example.com",
        IncludeOidcIdentityToken = true,
        ExperimentalOptions = new Dictionary<string, string> { ["flag"] = "true", ["mode"] = "fast" },
        Volumes = new Dictionary<string, ModalVolumeMount> { ["/data"] = new() { Name = "data", ReadOnly = true, SubPath = "in/here" } },
        Secrets = [ModalSecret.FromName("named"), ModalSecret.FromValues([new("INLINE", "1")])],
        EnvironmentVariables = new Dictionary<string, string> { ["OWN"] = "2" },
    };

    [Fact]
    public async Task CreateV2_WithNothing_SendsWhatModalsOwnSdkSends()
    {
        await using var plane = await ScriptedControlPlane.StartAsync();
        await using var client = plane.CreateClient();

        await client.Sandboxes.CreateAsync(Plain, TestTimeout.Token);

        var expected = new SandboxCreateV2Request
        {
            AppId = "ap-1",
            Definition = new Sandbox
            {
                ImageId = "im-1",
                TimeoutSecs = 300,
                NetworkAccess = new NetworkAccess { NetworkAccessType = NetworkAccess.Types.NetworkAccessType.Open },
                Resources = new Protocol.Resources { GpuConfig = new GPUConfig() },
                OpenPorts = new PortSpecs(),
            },
        };
        Assert.Equal(expected, plane.Single<SandboxCreateV2Request>());
    }

    [Fact]
    public async Task CreateV2_WithEverything_SendsEachField()
    {
        await using var plane = await ScriptedControlPlane.StartAsync();
        await using var client = plane.CreateClient();

        await client.Sandboxes.CreateAsync(Full, TestTimeout.Token);

        var request = plane.Single<SandboxCreateV2Request>();
        Assert.Equal(FullDefinition(["st-named"]), request.Definition);
        Assert.Equal([new SandboxTag { TagName = "team", TagValue = "a" }], request.Tags);
        Assert.Equal(
            [
                new SecretSource { SecretId = "st-named" },
                new SecretSource { Env = new StringMap { Contents = { ["INLINE"] = "1" } } },
                new SecretSource { Env = new StringMap { Contents = { ["OWN"] = "2" } } },
            ],
            request.SecretSources);
    }

    [Fact]
    public async Task CreateV1_WithEverything_SendsValuesAsSecretsOfTheServer()
    {
        await using var plane = await ScriptedControlPlane.StartAsync();
        await using var client = plane.CreateClient();

        await client.Sandboxes.CreateAsync(Full with { Gpu = "a100-80gb:2" }, TestTimeout.Token);

        var request = plane.Single<SandboxCreateRequest>();
        var expected = FullDefinition(["st-named", "st-", "st-"]);
        expected.Resources.GpuConfig = new GPUConfig { GpuType = "A100-80GB", Count = 2 };
        Assert.Equal(expected, request.Definition);
        Assert.Equal("", request.EnvironmentName);
        var made = plane.Calls.Select(call => call.Request).OfType<SecretGetOrCreateRequest>().Where(secret => secret.ObjectCreationType == ObjectCreationType.Ephemeral);
        Assert.Equal(["INLINE=1", "OWN=2"], made.SelectMany(secret => secret.EnvDict).Select(pair => $"{pair.Key}={pair.Value}").Order());
    }

    [Theory]
    [InlineData(null, null, true)]
    [InlineData(null, "T4", false)]
    [InlineData(false, null, false)]
    [InlineData(true, "T4", false)]
    public async Task Create_ByOptionAndGpu_ChoosesTheBackend(bool? useV2, string? gpu, bool isV2)
    {
        await using var plane = await ScriptedControlPlane.StartAsync();
        await using var client = plane.CreateClient(options => options.UseV2 = useV2);

        var sandbox = await client.Sandboxes.CreateAsync(Plain with { Gpu = gpu }, TestTimeout.Token);

        Assert.Equal(isV2, sandbox.IsV2);
        Assert.Equal(isV2 ? 1 : 0, plane.Count("SandboxCreateV2"));
        Assert.Equal(isV2 ? 0 : 1, plane.Count("SandboxCreate"));
    }

    [Fact]
    public async Task Create_RepeatedAfterALostAnswer_HasOneIdempotencyKey()
    {
        await using var plane = await ScriptedControlPlane.StartAsync(createV2: before => before == 0
            ? throw ScriptedRouter.Broken()
            : new SandboxCreateV2Response { SandboxId = ScriptedControlPlane.V2Id });
        await using var client = plane.CreateClient();

        await client.Sandboxes.CreateAsync(Plain, TestTimeout.Token);
        await client.Sandboxes.CreateAsync(Plain, TestTimeout.Token);

        var keys = plane.Calls.Where(call => call.Rpc == "SandboxCreateV2").Select(call => call.Key).ToArray();
        Assert.Equal(3, keys.Length);
        Assert.False(string.IsNullOrEmpty(keys[0]));
        Assert.Equal(keys[0], keys[1]);
        Assert.NotEqual(keys[1], keys[2]);
    }

    [Fact]
    public async Task CreateV1_UntilItIsScheduled_AsksThroughFailuresThatPass()
    {
        await using var plane = await ScriptedControlPlane.StartAsync(before => before switch
        {
            0 => new SandboxGetTaskIdResponse(),
            1 => throw ScriptedRouter.Broken(),
            2 => throw new RpcFailedException(RpcStatusCode.Internal, "A hiccup."),
            _ => new SandboxGetTaskIdResponse { TaskId = "ta-1" },
        });
        await using var client = plane.CreateClient(options =>
        {
            options.UseV2 = false;
            options.MaxRetries = 0;
        });

        var sandbox = await client.Sandboxes.CreateAsync(Plain, TestTimeout.Token);

        Assert.Equal(ScriptedControlPlane.V1Id, sandbox.Id);
        Assert.Equal(4, plane.Count("SandboxGetTaskId"));
        Assert.Equal(0, plane.Count("SandboxTerminate"));
    }

    [Fact]
    public async Task CreateV1_NotScheduledInTime_IsTerminatedAndSaysWhy()
    {
        await using var plane = await ScriptedControlPlane.StartAsync(static _ => new SandboxGetTaskIdResponse());
        await using var client = plane.CreateClient(options =>
        {
            options.UseV2 = false;
            options.SchedulingTimeout = TimeSpan.FromSeconds(1);
        });

        var exception = await Assert.ThrowsAsync<ModalException>(() => client.Sandboxes.CreateAsync(Plain, TestTimeout.Token));

        Assert.Equal(ModalErrorCode.ResourceExhausted, exception.Code);
        Assert.Equal(ScriptedControlPlane.V1Id, plane.Single<SandboxTerminateRequest>().SandboxId);
    }

    [Fact]
    public async Task CreateV1_LookUpThatIsRefused_TerminatesTheSandbox()
    {
        await using var plane = await ScriptedControlPlane.StartAsync(static _ => throw new RpcFailedException(RpcStatusCode.PermissionDenied, "Not yours."));
        await using var client = plane.CreateClient(options => options.UseV2 = false);

        var exception = await Assert.ThrowsAsync<ModalException>(() => client.Sandboxes.CreateAsync(Plain, TestTimeout.Token));

        Assert.Equal(ModalErrorCode.PermissionDenied, exception.Code);
        Assert.Equal(1, plane.Count("SandboxGetTaskId"));
        Assert.Equal(1, plane.Count("SandboxTerminate"));
    }

    [Fact]
    public async Task CreateV1_EndedBeforeItWasScheduled_SaysHow()
    {
        var result = new GenericResult { Status = GenericResult.Types.GenericStatus.InitFailure, Exception = "The image could not be loaded." };
        await using var plane = await ScriptedControlPlane.StartAsync(_ => new SandboxGetTaskIdResponse { TaskResult = result });
        await using var client = plane.CreateClient(options => options.UseV2 = false);

        var exception = await Assert.ThrowsAsync<ModalException>(() => client.Sandboxes.CreateAsync(Plain, TestTimeout.Token));

        Assert.Equal(ModalErrorCode.SandboxEnded, exception.Code);
        Assert.Contains("The image could not be loaded.", exception.Message, StringComparison.Ordinal);
        Assert.Equal(0, plane.Count("SandboxTerminate"));
    }

    [Theory]
    [InlineData("not a url")]
    [InlineData("ftp://router.example.com")]
    public async Task CreateV2_AnswerWithARouterThatCannotBeDialled_TerminatesTheSandbox(string url)
    {
        await using var plane = await ScriptedControlPlane.StartAsync(createV2: _ => new SandboxCreateV2Response
        {
            SandboxId = ScriptedControlPlane.V2Id,
            TaskId = "ta-1",
            CommandRouterAccess = new CommandRouterAccess { Url = url, Jwt = "token" },
        });
        await using var client = plane.CreateClient();

        var exception = await Assert.ThrowsAsync<ModalException>(() => client.Sandboxes.CreateAsync(Plain, TestTimeout.Token));

        Assert.Equal(ModalErrorCode.Internal, exception.Code);
        Assert.Contains(url, exception.Message, StringComparison.Ordinal);
        Assert.Equal(ScriptedControlPlane.V2Id, plane.Single<SandboxTerminateRequest>().SandboxId);
    }

    public static TheoryData<string, ModalSandboxCreateOptions> Invalid => new()
    {
        { "Timeout", Plain with { Timeout = TimeSpan.Zero } },
        { "Timeout", Plain with { Timeout = TimeSpan.FromHours(25) } },
        { "IdleTimeout", Plain with { IdleTimeout = TimeSpan.FromSeconds(-1) } },
        { "WorkingDirectory", Plain with { WorkingDirectory = "relative" } },
        { "CpuLimit", Plain with { CpuLimit = 1 } },
        { "CpuLimit", Plain with { Cpu = 2, CpuLimit = 1 } },
        { "Cpu", Plain with { Cpu = 0 } },
        { "Cpu", Plain with { Cpu = double.NaN } },
        { "MemoryLimitMiB", Plain with { MemoryLimitMiB = 1 } },
        { "MemoryLimitMiB", Plain with { MemoryMiB = 2, MemoryLimitMiB = 1 } },
        { "MemoryMiB", Plain with { MemoryMiB = 0 } },
        { "Gpu", Plain with { Gpu = "T4:0" } },
        { "Name", Plain with { Name = "no blanks" } },
        { "Name", Plain with { Name = new string('n', 65) } },
        { "Tags", Plain with { Tags = new Dictionary<string, string> { ["no blanks"] = "x" } } },
        { "EnvironmentVariables", Plain with { EnvironmentVariables = new Dictionary<string, string> { ["1X"] = "x" } } },
        { "Runtime", Plain with { Runtime = (ModalSandboxRuntime)7 } },
        { "ExperimentalOptions['flag']", Plain with { ExperimentalOptions = new Dictionary<string, string> { ["flag"] = true.ToString() } } },
        { "Command", Plain with { Command = ["echo", "a\0b"] } },
        { "Command", Plain with { Command = ["", "x"] } },

        // Two bytes each: as many characters would do.
        { "Command", Plain with { Command = [new string('é', 32769)] } },
    };

    [Theory]
    [MemberData(nameof(Invalid))]
    public async Task Create_WithAnInvalidOption_NamesItAndSendsNothing(string option, ModalSandboxCreateOptions options)
    {
        await using var plane = await ScriptedControlPlane.StartAsync();
        await using var client = plane.CreateClient();

        var exception = await Assert.ThrowsAsync<ModalException>(() => client.Sandboxes.CreateAsync(options, TestTimeout.Token));

        Assert.Equal(ModalErrorCode.InvalidArgument, exception.Code);
        Assert.Contains($"ModalSandboxCreateOptions.{option}", exception.Message, StringComparison.Ordinal);
        Assert.Empty(plane.Calls);
    }

    private static Sandbox FullDefinition(IEnumerable<string> secretIds) => new()
    {
        EntrypointArgs = { "sh", "-c", "sleep 1" },
        ImageId = "im-1",
        SecretIds = { secretIds },
        TimeoutSecs = 91,
        IdleTimeoutSecs = 30,
        Workdir = "/work",
        NetworkAccess = new NetworkAccess { NetworkAccessType = NetworkAccess.Types.NetworkAccessType.Open },
        Resources = new Protocol.Resources { MilliCpu = 1500, MilliCpuMax = 2000, MemoryMb = 512, MemoryMbMax = 1024, GpuConfig = new GPUConfig() },
        VolumeMounts = { new VolumeMount { VolumeId = "vo-data", MountPath = "/data", AllowBackgroundCommits = true, ReadOnly = true, SubPath = "in/here" } },
        OpenPorts = new PortSpecs(),
        CloudProviderStr = "aws",
        SchedulerPlacement = new SchedulerPlacement { Regions = { "eu", "us-east" } },
        Verbose = true,
        Name = "full",
        Runtime = "vm",
        CustomDomain = "sandboxes.example.com",
        IncludeOidcIdentityToken = true,
        ExperimentalOptionsV2 = { ["flag"] = "true", ["mode"] = "fast" },
    };
}
