using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.AI;
using NSubstitute;

namespace ModalAI.Tests.Tools;

public sealed class ToolSchemaTests
{
    private static readonly ModalSandboxTools Tools = new(Substitute.For<IModalSandboxFactory>(), TimeSpan.FromMinutes(2), ModalSandboxMode.NewPerInvocation);

    [Fact]
    public async Task Schemas_OfAllTools_AreThoseThatWereApproved()
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "Tools");
        var actual = Describe(Tools);

        // A change that is meant is approved by copying the one file over the other.
        await File.WriteAllTextAsync(Path.Combine(folder, "tools.received.json"), actual + "\n");
        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(folder, "tools.approved.json")), actual + "\n");
    }

    [Theory]
    [InlineData(ModalSandboxMode.NewPerInvocation)]
    [InlineData(ModalSandboxMode.ReuseExisting)]
    public void Schemas_OfAllTools_TakeFewTokens(ModalSandboxMode mode)
    {
        var tools = new ModalSandboxTools(Substitute.For<IModalSandboxFactory>(), TimeSpan.FromMinutes(2), mode);
        var bytes = tools.OfType<AIFunction>().Sum(tool => Encoding.UTF8.GetByteCount(tool.Name + tool.Description + tool.JsonSchema.GetRawText()));

        Assert.InRange(bytes / 4, 1, 1_500);
    }

    [Fact]
    public void Description_OfToolsForOneSandbox_SaysNothingOfNewOnes()
    {
        var shared = new ModalSandboxTools(Substitute.For<IModalSandboxFactory>(), TimeSpan.FromMinutes(2), ModalSandboxMode.ReuseExisting);

        Assert.DoesNotContain(shared, tool => tool.Description.Contains("new sandbox", StringComparison.Ordinal));
        Assert.Contains(Tools, tool => tool.Description.Contains("new sandbox", StringComparison.Ordinal));
    }

    [Fact]
    public void Names_OfParameters_NameNothingOfTheHost()
    {
        string[] known = ["command", "timeout_seconds", "workdir", "file_path", "offset", "limit", "content", "old_string", "new_string", "replace_all", "pattern", "path", "glob", "output_mode", "ignore_case", "run_in_background", "bash_id", "since", "wait_seconds"];

        Assert.All(Tools.OfType<AIFunction>().SelectMany(tool => tool.JsonSchema.GetProperty("properties").EnumerateObject()), parameter => Assert.Contains(parameter.Name, known));
    }

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
