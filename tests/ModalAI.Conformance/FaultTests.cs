using ModalAI.Conformance.Support;
using Xunit;

namespace ModalAI.Conformance;

/// <summary>Modal's SDK in trouble that the emulator makes, asked for over its control endpoint: what the SDK survives on Modal, it survives here.</summary>
public sealed class FaultTests(FaultTests.Script script) : IClassFixture<FaultTests.Script>
{
    private const int ResourceExhausted = 8, Unavailable = 14;

    [SkippableTheory]
    [InlineData(Backend.V1, "outputEnded")]
    [InlineData(Backend.V1, "outputReset")]
    [InlineData(Backend.V1, "outputDisconnected")]
    [InlineData(Backend.V2, "outputEnded")]
    [InlineData(Backend.V2, "outputReset")]
    [InlineData(Backend.V2, "outputDisconnected")]
    public async Task Output_Broken50Times_IsResumedToTheSameBytes(Backend backend, string how)
        => Json.Equal("""{"same":true,"hits":50}""", await script.CaseAsync(backend, how));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Upload_BrokenAsOftenAsTheSdkResumes_ArrivesWhole(Backend backend)
        => Json.Equal("""{"same":true,"hits":8}""", await script.CaseAsync(backend, "upload"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Input_RepliesLost_IsTakenOnce(Backend backend)
        => Json.Equal("""{"text":"one two three four","struck":true}""", await script.CaseAsync(backend, "inputRepliesLost"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Create_RepliesLost_MakesOneSandbox(Backend backend)
        => Json.Equal("""{"made":1,"same":true,"text":"served\n","hits":3}""", await script.CaseAsync(backend, "createReplyLost"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Start_RepliesLost_RunsTheCommandOnce(Backend backend)
        => Json.Equal("""{"stdout":"x\n","hits":3}""", await script.CaseAsync(backend, "startReplyLost"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Failures_Transient_AreRepeatedThreeTimes(Backend backend)
    {
        var result = await script.CaseAsync(backend, "transientFailures");

        Json.Succeeds(result.GetProperty("three").GetProperty("value"));
        Assert.Equal(3, result.GetProperty("three").Number("hits"));
        Json.FailsWith(Unavailable, "Not now.", result.GetProperty("ever").GetProperty("value"));
        Assert.Equal(4, result.GetProperty("ever").Number("hits"));
        Json.FailsWith(ResourceExhausted, "fault of the emulator", result.GetProperty("other").GetProperty("value"));
        Assert.Equal(1, result.GetProperty("other").Number("hits"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Throttling_WithRetryAfter_IsObeyedWithinTheLimit(Backend backend)
    {
        var result = await script.CaseAsync(backend, "throttling");

        Json.Succeeds(result.GetProperty("obeyed").GetProperty("value"));
        Assert.Equal(5, result.GetProperty("obeyed").Number("hits"));
        Json.FailsWith(ResourceExhausted, "", result.GetProperty("bounded").GetProperty("value"));
        Assert.Equal(1, result.GetProperty("bounded").Number("hits"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task AuthToken_PastItsHalfLife_IsRefreshed(Backend backend)
    {
        var result = await script.CaseAsync(backend, "authTokenRefreshed");

        Json.Succeeds(result.GetProperty("failure"));
        Assert.Equal(1, result.Number("fetched"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task RouterToken_RotatedNearItsExpiry_IsRefreshed(Backend backend)
    {
        var result = await script.CaseAsync(backend, "routerTokenRotated");

        Assert.Equal("served\n", result.Text("stdout"));
        Assert.True(result.Number("refreshes") > 0);
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Sandbox_Dies_FailsWhatRunsAndWhatComesLater(Backend backend)
    {
        var result = await script.CaseAsync(backend, "sandboxDies");

        Assert.Equal("up\n", result.Text("first"));
        foreach (var operation in new[] { "wait", "read" })
        {
            Json.FailsWith(Json.NotFound, "worker was lost", result.GetProperty(operation));
        }

        Assert.NotEqual(System.Text.Json.JsonValueKind.Null, result.GetProperty("exec").ValueKind);
        Assert.Equal(137, result.Number("exit"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Warnings_OfTheServer_AreHeardOnce(Backend backend)
        => Json.Equal("""{"heard":["old, client","ümläut"],"hits":2}""", await script.CaseAsync(backend, "warnings"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Rule_ForAnUnknownRpc_IsRefusedByName(Backend backend)
        => Assert.Contains("SandboxCreateV3", (await script.CaseAsync(backend, "unknownRule")).Text("message"), StringComparison.Ordinal);

    /// <summary>Tokens that end soon: the SDK renews a router's token only in its last half minute.</summary>
    public sealed class Script() : ScriptFixture("faults.mjs", options => options.TokenLifetime = TimeSpan.FromSeconds(20));
}
