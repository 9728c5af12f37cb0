using System.Text.Json.Serialization;

namespace ModalAI.Leasing;

/// <summary>How a snapshot is written in a shared store. Versions of the library meet there: names stay, and what is not known is left aside.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(StoredSnapshot))]
internal sealed partial class SnapshotJson : JsonSerializerContext;
