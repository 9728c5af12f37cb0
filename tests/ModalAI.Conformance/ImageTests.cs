using ModalAI.Conformance.Support;
using Xunit;

namespace ModalAI.Conformance;

/// <summary>Images as things with ids and names: found again, shared, deleted, or refused.</summary>
public sealed class ImageTests(ImageTests.Script script) : IClassFixture<ImageTests.Script>
{
    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Image_OfATag_HasTheSameIdEachTime(Backend backend)
        => Json.Equal("""{"same":true,"shape":true}""", await script.CaseAsync(backend, "tag"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Image_ById_IsFoundAndBuiltOn(Backend backend)
    {
        var result = await script.CaseAsync(backend, "fromId");

        Assert.True(result.Flag("same"));
        Assert.Equal("base\n", result.Text("more"));
        Json.FailsWith("NotFoundError", result.GetProperty("unknown"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Build_OfWhatWasBuilt_IsTheSameImageUnlessForced(Backend backend)
        => Json.Equal(
            """{"sameId":true,"sameNumber":true,"forcedId":true,"forcedNumber":true,"kept":true,"old":true}""", await script.CaseAsync(backend, "cache"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Build_WithAnotherValueInItsEnvironment_IsAnotherImage(Backend backend)
        => Json.Equal("""{"same":true,"other":true}""", await script.CaseAsync(backend, "cacheOfSecrets"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Builds_OfTheSameSideBySide_AreOne(Backend backend) => Json.Equal("1", await script.CaseAsync(backend, "sideBySide"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task PrivateRegistry_OfATagWithADirectory_NeedsItsKeysOnly(Backend backend)
    {
        var result = await script.CaseAsync(backend, "registries");

        foreach (var name in new[] { "mapped", "mappedAws", "mappedGcp" })
        {
            Json.Succeeds(result.GetProperty(name));
        }

        foreach (var name in new[] { "unmapped", "unmappedAws", "unmappedGcp" })
        {
            Json.FailsWith(Json.FailedPrecondition, "RegistryCredentials", result.GetProperty(name));
        }

        Json.FailsWith(Json.InvalidArgument, "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION", result.GetProperty("keys"));
        Json.FailsWith(Json.InvalidArgument, "SERVICE_ACCOUNT_JSON", result.GetProperty("otherKeys"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Names_OfImages_LeadToWhatWasPublishedLast(Backend backend)
    {
        var result = await script.CaseAsync(backend, "names");

        Assert.Equal(("one\n", "two\n", "one\n"), (result.Text("latest"), result.Text("moved"), result.Text("tagged")));
        foreach (var name in new[] { "missing", "environment", "workspace", "publishMissing" })
        {
            Json.FailsWith("NotFoundError", result.GetProperty(name));
        }

        Assert.Contains("'tools:v2' in environment 'main'", result.GetProperty("missing").Text("message"), StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Names_ThatAreNone_AreRefused(Backend backend)
        => Assert.All((await script.CaseAsync(backend, "badNames")).EnumerateArray(), name => Assert.Equal("InvalidError", name.GetString()));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Delete_OfABase_LeavesWhatStandsOnIt(Backend backend)
    {
        var result = await script.CaseAsync(backend, "delete");

        foreach (var name in new[] { "byId", "byName", "twice" })
        {
            Json.FailsWith("NotFoundError", result.GetProperty(name));
        }

        Assert.Equal("base\nchild\n", result.Text("child"));
        Assert.Equal(Json.NotFound, result.Number("sandbox"));
        Assert.Equal("base\n", result.Text("rebuilt"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Instructions_ThatCannotBeDone_AreRefusedByName(Backend backend)
    {
        var result = await script.CaseAsync(backend, "refusals");

        Json.FailsWith("InvalidError", result.GetProperty("localCopy"));
        foreach (var (name, text) in new[]
                 {
                     ("copyFrom", "'COPY --from=alpine:3"), ("add", "'ADD file /srv/file'"), ("user", "'USER nobody'"), ("mount", "--mount"), ("stage", "'FROM other'"), ("gpu", "GPU"),
                 })
        {
            Json.FailsWith(Json.FailedPrecondition, text, result.GetProperty(name));
        }
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Image_OfTwoSandboxes_IsChangedByNeither(Backend backend)
        => Assert.Equal("image\n/usr/share/doc\n", (await script.CaseAsync(backend, "shared")).GetString());

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Snapshot_OfABuiltImage_KeepsItsSettingsAndIsBuiltOn(Backend backend)
        => Assert.Equal("built\nmore\nagain\nyes\n", (await script.CaseAsync(backend, "snapshot")).GetString());

    public sealed class Script : ScriptFixture, IDisposable
    {
        private readonly DirectoryInfo _root;

        public Script()
            : this(Directory.CreateTempSubdirectory("modalai-image-"))
        {
        }

        private Script(DirectoryInfo root)
            : base("images.mjs", options => options.Images["mapped:1"] = root.FullName)
            => _root = root;

        public void Dispose() => _root.Delete(recursive: true);
    }
}
