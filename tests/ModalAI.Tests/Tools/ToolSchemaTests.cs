using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.AI;
using ModalAI.Tools;
using NSubstitute;

namespace ModalAI.Tests.Tools;

public sealed class ToolSchemaTests
{
    private const int MaxTokens = 1_500;

    [Theory]
    [MemberData(nameof(Dialects))]
    public async Task Schemas_OfADialect_AreThoseThatWereApproved(ModalToolDialect dialect)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "Tools", "Schemas");
        var actual = Describe(Create(dialect, ModalSandboxMode.ReuseExisting)) + "\n";

        // A change that is meant is approved by copying the one file over the other.
        await File.WriteAllTextAsync(Path.Combine(folder, $"{dialect}.received.json"), actual);
        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(folder, $"{dialect}.approved.json")), actual);
    }

    [Theory]
    [MemberData(nameof(Dialects))]
    public void Schemas_OfADialect_TakeFewTokens(ModalToolDialect dialect)
    {
        Assert.InRange(Tokens(Create(dialect, ModalSandboxMode.ReuseExisting)), 1, MaxTokens);
        Assert.InRange(Tokens(Create(dialect, ModalSandboxMode.NewPerInvocation)), 1, MaxTokens);
    }

    [Theory]
    [MemberData(nameof(Dialects))]
    public void Descriptions_SayWhetherSandboxesLast(ModalToolDialect dialect)
    {
        Assert.DoesNotContain(Create(dialect, ModalSandboxMode.ReuseExisting), tool => tool.Description.Contains("new sandbox", StringComparison.Ordinal));
        Assert.Contains(Create(dialect, ModalSandboxMode.NewPerInvocation), tool => tool.Description.Contains("new sandbox", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Dialects))]
    public void Parameters_NameNothingOfTheHost(ModalToolDialect dialect)
    {
        string[] known =
        [
            "command", "timeout_seconds", "workdir", "run_in_background", "bash_id", "since", "wait_seconds", "input", "end",
            "cmd", "shell", "login", "tty", "yield_time_ms", "max_output_tokens", "session_id", "chars", "timeout",
            "file_path", "path", "offset", "limit", "content", "old_string", "new_string", "replace_all", "edits", "pattern", "glob", "output_mode", "ignore_case", "context", "max_count",
            "code", "fileName", "startLine", "endLine", "overwrite", "oldString", "newString", "replaceAll", "directory", "globPattern", "regexPattern",
        ];

        var parameters = Create(dialect, ModalSandboxMode.ReuseExisting).OfType<AIFunction>().SelectMany(tool => tool.JsonSchema.GetProperty("properties").EnumerateObject());
        Assert.All(parameters, parameter => Assert.Contains(parameter.Name, known));
    }

    public static TheoryData<ModalToolDialect> Dialects() => new(ModalToolDialect.Claude, ModalToolDialect.OpenAI, ModalToolDialect.AgentFramework, ModalToolDialect.LangChain);

    /// <summary>All functions that there can be.</summary>
    private static ModalSandboxTools Create(ModalToolDialect dialect, ModalSandboxMode mode) => new(
        new ToolSetup { Options = new ModalSandboxToolOptions { Dialect = dialect, InlineMedia = true }, Sink = Substitute.For<IModalArtifactSink>() },
        Substitute.For<IModalSandboxFactory>(),
        mode);

    private static int Tokens(ModalSandboxTools tools) =>
        tools.OfType<AIFunction>().Sum(tool => Encoding.UTF8.GetByteCount(tool.Name + tool.Description + tool.JsonSchema.GetRawText())) / 4;

    private static string Describe(IEnumerable<AITool> tools)
    {
        var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n" }))
        {
            json.WriteStartArray();
            foreach (var tool in tools.OfType<AIFunction>())
            {
                json.WriteStartObject();
                json.WriteString("name", tool.Name);
                json.WriteString("description", tool.Description);
                json.WritePropertyName("schema");
                tool.JsonSchema.WriteTo(json);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
