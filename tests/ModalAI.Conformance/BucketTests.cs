using ModalAI.Conformance.Support;
using ModalAI.Emulator;
using Xunit;

namespace ModalAI.Conformance;

public sealed class BucketTests(BucketTests.Script script) : IClassFixture<BucketTests.Script>
{
    [SkippableTheory]
    [InlineData(Backend.V1, "reads", "index\njanuary\n")]
    [InlineData(Backend.V2, "reads", "index\njanuary\n")]
    [InlineData(Backend.V1, "writes", "written\n")]
    [InlineData(Backend.V2, "writes", "written\n")]
    [InlineData(Backend.V1, "keyPrefix", "january.txt\njanuary\n")]
    [InlineData(Backend.V2, "keyPrefix", "january.txt\njanuary\n")]
    [InlineData(Backend.V1, "role", "index\n")]
    [InlineData(Backend.V2, "role", "index\n")]
    [InlineData(Backend.V1, "two", "index\njanuary\n")]
    [InlineData(Backend.V2, "two", "index\njanuary\n")]
    public async Task Bucket_ThatIsMapped_IsTheDirectory(Backend backend, string name, string expected)
        => Assert.Equal(expected, (await script.CaseAsync(backend, name)).GetString());

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Bucket_MountedReadOnly_TakesNoWrite(Backend backend)
        => Json.Equal("""{"stdout":"index\n","failed":true}""", await script.CaseAsync(backend, "readOnly"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task KeyPrefix_WithoutObjects_StartsEmpty(Backend backend)
        => Json.Equal("""{"made":"0","seen":"x\n"}""", await script.CaseAsync(backend, "newKeyPrefix"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task KeyPrefix_ThatLeadsOutOfTheBucket_IsRefused(Backend backend)
    {
        Json.FailsWith(Json.FailedPrecondition, "link", await script.CaseAsync(backend, "keyPrefixOverALink"));
        Json.FailsWith(Json.FailedPrecondition, "../", await script.CaseAsync(backend, "keyPrefixUpwards"));
    }

    [SkippableTheory]
    [InlineData("badKeyPrefix", "Error")]
    [InlineData("requesterPaysAlone", "Error")]
    [InlineData("badEndpoint", "TypeError")]
    public async Task Bucket_ThatTheSdkRefuses_IsRefused(string name, string errorClass)
        => Json.FailsWith(errorClass, await script.CaseAsync(Backend.V2, name));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Credentials_OfABucket_AreNotTheSandboxs(Backend backend)
        => Json.Equal("""{"named":"index\n","local":"index\n"}""", await script.CaseAsync(backend, "credentials"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Credentials_ThatWereDeleted_AreNotFound(Backend backend)
        => Json.FailsWith(Json.NotFound, "secret", await script.CaseAsync(backend, "deletedCredentials"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Endpoint_OfAnyCloud_LeadsToTheDirectory(Backend backend)
        => Json.Equal("""{"r2":"index\n","gcs":"index\n","other":"index\n"}""", await script.CaseAsync(backend, "endpoints"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Bucket_ThatIsNotMapped_IsRefusedByName(Backend backend)
    {
        var failure = await script.CaseAsync(backend, "unmapped");

        Json.FailsWith(Json.FailedPrecondition, "unheard-of", failure);
        Json.FailsWith(Json.FailedPrecondition, "Buckets", failure);
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task MountPath_OfABucket_FollowsTheRulesOfVolumes(Backend backend)
    {
        var result = await script.CaseAsync(backend, "paths");

        Json.FailsWith(Json.InvalidArgument, "'/'", result.GetProperty("root"));
        Json.FailsWith(Json.InvalidArgument, "'data'", result.GetProperty("relative"));
        Json.FailsWith(Json.InvalidArgument, "'/data'", result.GetProperty("taken"));
        Json.FailsWith(Json.FailedPrecondition, "inside", result.GetProperty("nested"));
        Json.Succeeds(result.GetProperty("beside"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Bucket_ThatIsAccepted_StartsEmptyAndIsRecorded(Backend backend)
    {
        await using var emulator = await ModalEmulator.StartAsync(new ModalEmulatorOptions { Accept = ModalEmulatorAcceptance.CloudBucketMounts });

        var result = await ModalSdk.RunAsync("acceptedBucket.mjs", emulator.ServerUrl, backend);

        Json.Equal("""{"accepted":{"value":{"first":"0\n","again":"kept\n","other":"0\n"}}}""", result);
        Assert.Contains(emulator.Ledger.AcceptedFeatures, accepted => accepted.Feature == ModalEmulatorAcceptance.CloudBucketMounts);
    }

    [SkippableFact]
    public async Task Bucket_OfASidecar_IsInThatContainerOnly()
    {
        Json.Equal("""{"read":"index\n","main":true}""", await script.CaseAsync(Backend.V2, "sidecar"));
        Json.FailsWith("InvalidError", (await script.CaseAsync(Backend.V1, "sidecar")).GetProperty("refused"));
    }

    public sealed class Script : ScriptFixture, IDisposable
    {
        private readonly List<BucketFolder> _folders;

        public Script()
            : this([])
        {
        }

        private Script(List<BucketFolder> folders)
            : base("buckets.mjs", options => options.Buckets["reports"] = New(folders).Path)
        {
            _folders = folders;
        }

        public void Dispose() => _folders.ForEach(folder => folder.Dispose());

        /// <summary>Each run of the script has its own.</summary>
        private static BucketFolder New(List<BucketFolder> folders)
        {
            folders.Add(new BucketFolder());
            return folders[^1];
        }
    }
}
