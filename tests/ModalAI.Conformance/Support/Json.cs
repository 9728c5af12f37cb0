using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace ModalAI.Conformance.Support;

/// <summary>Checks of what a script reported.</summary>
internal static class Json
{
    /// <summary>NOT_FOUND, INVALID_ARGUMENT and so on, where the SDK gives out the bare gRPC error.</summary>
    public const int InvalidArgument = 3, NotFound = 5, FailedPrecondition = 9, Unimplemented = 12, Unauthenticated = 16;

    public static void Equal(string expected, JsonElement actual)
        => Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(actual.GetRawText())), $"Expected {expected}\nbut was {actual.GetRawText()}");

    /// <summary>A failure with one of the SDK's own error classes.</summary>
    public static void FailsWith(string errorClass, JsonElement failure)
    {
        Assert.True(failure.ValueKind == JsonValueKind.Object, $"Expected {errorClass}, but nothing failed.");
        Assert.Equal(errorClass, failure.GetProperty("name").GetString());
    }

    /// <summary>A failure that the SDK passes on as the server sent it.</summary>
    public static void FailsWith(int code, string message, JsonElement failure)
    {
        FailsWith("ClientError", failure);
        Assert.Equal(code, failure.GetProperty("code").GetInt32());
        Assert.Contains(message, failure.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    public static void Succeeds(JsonElement failure) => Assert.True(failure.ValueKind == JsonValueKind.Null, $"Expected success, but was {failure}.");

    public static string Text(this JsonElement element, string property) => element.GetProperty(property).GetString()!;

    public static int Number(this JsonElement element, string property) => element.GetProperty(property).GetInt32();

    public static bool Flag(this JsonElement element, string property) => element.GetProperty(property).GetBoolean();
}
