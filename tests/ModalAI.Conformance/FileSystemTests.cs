using ModalAI.Conformance.Support;
using Xunit;

namespace ModalAI.Conformance;

public sealed class FileSystemTests(FileSystemTests.Script script) : IClassFixture<FileSystemTests.Script>
{
    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Text_WrittenByTheSdk_IsReadByItAndByCommands(Backend backend)
        => Json.Equal("""{"read":"ümläut\n漢字","seen":"ümläut\n漢字"}""", await script.CaseAsync(backend, "text"));

    [SkippableTheory]
    [InlineData(Backend.V1, "bytes", "0")]
    [InlineData(Backend.V2, "bytes", "0")]
    [InlineData(Backend.V1, "empty", "\"\"")]
    [InlineData(Backend.V2, "empty", "\"\"")]
    [InlineData(Backend.V1, "overwrite", "\"short\"")]
    [InlineData(Backend.V2, "overwrite", "\"short\"")]
    [InlineData(Backend.V1, "copy", "\"from the computer\"")]
    [InlineData(Backend.V2, "copy", "\"from the computer\"")]
    public async Task Content_ThatIsWritten_IsReadBack(Backend backend, string name, string expected)
        => Json.Equal(expected, await script.CaseAsync(backend, name));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task ListFiles_OfADirectory_DescribesItsEntriesByName(Backend backend)
        => Json.Equal(
            """
            [
              {"name":"file","path":"/list/file","type":"file","size":6,"permissions":"0640","owner":"root","symlinkTarget":null},
              {"name":"link","path":"/list/link","type":"symlink","size":null,"permissions":null,"owner":"root","symlinkTarget":"file"},
              {"name":"sub","path":"/list/sub","type":"directory","size":null,"permissions":null,"owner":"root","symlinkTarget":null}
            ]
            """,
            await script.CaseAsync(backend, "list"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Stat_OfFileAndLink_DescribesThemselves(Backend backend)
        => Json.Equal("""{"file":"file","size":6,"mode":33188,"age":true,"link":"symlink","target":"stat-file"}""", await script.CaseAsync(backend, "stat"));

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task MakeDirectory_WithAndWithoutParents_FailsAsTheSdkSays(Backend backend)
    {
        var result = await script.CaseAsync(backend, "makeDirectory");

        Assert.Equal("directory", result.Text("type"));
        Json.FailsWith("SandboxFilesystemPathAlreadyExistsError", result.GetProperty("exists"));
        Json.FailsWith("SandboxFilesystemNotFoundError", result.GetProperty("noParent"));
    }

    [SkippableTheory]
    [InlineData(Backend.V1)]
    [InlineData(Backend.V2)]
    public async Task Remove_OfFilesAndTrees_FailsAsTheSdkSays(Backend backend)
    {
        var result = await script.CaseAsync(backend, "remove");

        Json.FailsWith("SandboxFilesystemDirectoryNotEmptyError", result.GetProperty("notEmpty"));
        Json.FailsWith("SandboxFilesystemNotFoundError", result.GetProperty("missing"));
        Assert.Empty(result.GetProperty("left").EnumerateArray());
    }

    [SkippableTheory]
    [InlineData("readMissing", "SandboxFilesystemNotFoundError")]
    [InlineData("readDirectory", "SandboxFilesystemIsADirectoryError")]
    [InlineData("writeDirectory", "SandboxFilesystemIsADirectoryError")]
    [InlineData("writeBelowFile", "SandboxFilesystemNotADirectoryError")]
    [InlineData("listMissing", "SandboxFilesystemNotFoundError")]
    [InlineData("listFile", "SandboxFilesystemNotADirectoryError")]
    [InlineData("statMissing", "SandboxFilesystemNotFoundError")]
    [InlineData("statBelowFile", "SandboxFilesystemNotADirectoryError")]
    [InlineData("relative", "InvalidError")]
    public async Task Operation_OnTheWrongPath_FailsWithTheSdksErrorClass(string operation, string errorClass)
    {
        foreach (var backend in Enum.GetValues<Backend>())
        {
            Json.FailsWith(errorClass, (await script.CaseAsync(backend, "errors")).GetProperty(operation));
        }
    }

    public sealed class Script() : ScriptFixture("filesystem.mjs");
}
