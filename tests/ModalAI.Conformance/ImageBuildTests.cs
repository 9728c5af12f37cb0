using ModalAI.Conformance.Support;
using ModalAI.TestSupport;
using Xunit;

namespace ModalAI.Conformance;

/// <summary>What the commands of images do, on this computer's own programs and on BusyBox.</summary>
public sealed class ImageBuildTests(ImageBuildTests.Script script) : IClassFixture<ImageBuildTests.Script>
{
    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Layers_OfAnImage_BuildOnEachOther(Backend backend)
        => Assert.Equal(
            "/srv/app/deeper\nhello big world /srv/app\ndeeper\nhello\n/opt/tool:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n",
            (await script.CaseAsync(backend, "layers")).GetString());

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Commands_OfSeveralLines_RunAsTheyStand(Backend backend)
        => Assert.Equal("one two\nthree\nfour\nfive\nsix $HOME\nseven\n[]\n", (await script.CaseAsync(backend, "shells")).GetString());

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Secrets_OfALayer_AreForItsCommandsOnly(Backend backend)
        => Assert.Equal("layer-named value\n[]\n", (await script.CaseAsync(backend, "secrets")).GetString());

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Environment_OfTheImage_IsWeakerThanSecretsAndVariables(Backend backend)
        => Assert.Equal("image secret env command\n", (await script.CaseAsync(backend, "precedence")).GetString());

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Build_ThatFails_SaysWhyEachTime(Backend backend)
    {
        var result = await script.CaseAsync(backend, "failing");

        foreach (var (name, text) in new[]
                 {
                     ("command", "failed to run builder command \"RUN echo before && exit 3\": container exit status: 3"),
                     ("again", "failed to run builder command \"RUN echo before && exit 3\": container exit status: 3"),
                     ("missing", "container exit status: 127"),
                     ("unknown", "unknown instruction: FETCH"),
                     ("quote", "not closed"),
                     ("heredoc", "unterminated heredoc"),
                 })
        {
            var failure = result.GetProperty(name);
            Json.FailsWith("Error", failure);
            Assert.Matches("^Image build for im-[0-9A-Za-z]{22} failed with the exception:\n", failure.Text("message"));
            Assert.Contains(text, failure.Text("message"), StringComparison.Ordinal);
        }
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Build_ThatFails_LeavesItsBaseAsItWas(Backend backend)
        => Json.Equal("""{"failed":true,"whole":"lower\n"}""", await script.CaseAsync(backend, "recovers"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task User_OfRoot_IsWhatRunsAnyhow(Backend backend) => Assert.Equal("0\n", (await script.CaseAsync(backend, "root")).GetString());

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Entrypoint_AndCommand_AreWhatASandboxRuns(Backend backend)
    {
        var result = await script.CaseAsync(backend, "commands");

        foreach (var (name, text) in new[]
                 {
                     ("cmd", "cmd"), ("instead", "argument"), ("shell", "/bin/sh image"), ("entrypoint", "entry"), ("both", "entry default"), ("arguments", "entry given"),
                 })
        {
            Assert.Equal($"image {text}\n", result.Text(name));
        }

        Assert.Equal("plain\n", result.Text("exec"));
        Assert.Equal("/usr\n", result.Text("workdir"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Image_OfManyLayers_HasThemAll(Backend backend) => Assert.Equal("0123456789101112\n", (await script.CaseAsync(backend, "deep")).GetString());

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Build_OnBusyBoxAlone_UsesItsShell(Backend backend)
    {
        Skip.If(BusyBoxRoot.Program is null, "busybox is not installed (Debian: busybox-static).");

        Assert.Equal("/work\nmade with busybox\n/work\n1\n", (await script.CaseAsync(backend, "busybox")).GetString());
    }

    public sealed class Script : ScriptFixture, IAsyncLifetime
    {
        private readonly DirectoryInfo _root;

        public Script()
            : this(Directory.CreateTempSubdirectory("modalai-image-"))
        {
        }

        private Script(DirectoryInfo root)
            : base("image-builds.mjs", options => options.Images["mapped:1"] = root.FullName)
            => _root = root;

        public Task InitializeAsync() => BusyBoxRoot.Program is null ? Task.CompletedTask : BusyBoxRoot.CreateAsync(_root.FullName);

        public Task DisposeAsync()
        {
            _root.Delete(recursive: true);
            return Task.CompletedTask;
        }
    }
}
