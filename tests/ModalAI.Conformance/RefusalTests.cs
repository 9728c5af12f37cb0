using ModalAI.Conformance.Support;
using Xunit;

namespace ModalAI.Conformance;

public sealed class RefusalTests(RefusalTests.Script script) : IClassFixture<RefusalTests.Script>
{
    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Network_OpenOrBlocked_IsWhatTheSandboxHas(Backend backend)
    {
        var result = await script.CaseAsync(backend, "network");

        Assert.Equal(0, result.Number("open"));
        Assert.True(result.Flag("blocked"));
        Assert.True(result.Flag("emptyAllowlist"));
    }

    [SkippableTheory]
    [InlineData("gpu", "GPU")]
    [InlineData("cpuLimit", "CPU limit")]
    [InlineData("memoryLimit", "memory limit")]
    [InlineData("snapshots", "snapshots")]
    [InlineData("customDomain", "custom domains")]
    [InlineData("identity", "OIDC")]
    [InlineData("runtime", "runtime")]
    [InlineData("experimental", "enable_something_else")]
    public async Task Option_ThatTheEmulatorDoesNotHave_IsRefusedByName(string option, string name)
    {
        foreach (var backend in Enum.GetValues<Backend>())
        {
            Json.FailsWith(Json.FailedPrecondition, name, (await script.CaseAsync(backend, "options")).GetProperty(option));
        }
    }

    [SkippableTheory]
    [InlineData("timeout", Json.InvalidArgument, "24 hours")]
    [InlineData("command", Json.InvalidArgument, "65537 bytes")]
    [InlineData("nul", Json.InvalidArgument, "NUL")]
    [InlineData("program", Json.InvalidArgument, "program")]
    [InlineData("image", Json.NotFound, "image")]
    [InlineData("app", Json.NotFound, "app")]
    public async Task Create_WithWhatTheServerDoesNotTake_IsRefusedByTheServer(string option, int code, string message)
    {
        foreach (var backend in Enum.GetValues<Backend>())
        {
            Json.FailsWith(code, message, (await script.CaseAsync(backend, "invalid")).GetProperty(option));
        }
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Create_WithTheLongestCommandAndLifetime_Runs(Backend backend) => Json.Equal("0", await script.CaseAsync(backend, "longest"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Hints_WhereToRun_AreAccepted(Backend backend) => Json.Equal("\"placed\\n\"", await script.CaseAsync(backend, "hints"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Rpc_ThatTheEmulatorDoesNotServe_IsUnimplementedByName(Backend backend)
        => Json.FailsWith(Json.Unimplemented, "The emulator does not serve FunctionGet", await script.CaseAsync(backend, "unserved"));

    public sealed class Script() : ScriptFixture("refusals.mjs");
}
