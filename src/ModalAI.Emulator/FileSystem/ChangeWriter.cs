using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace ModalAI.Emulator.FileSystem;

/// <summary>Writes changes, one JSON object a line. Names are bytes kept in the low halves of characters, since they need not be text.</summary>
internal sealed class ChangeWriter(Stream output, IReadOnlySet<ChangeKind>? filter)
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _buffer = new();

    public void Write(ChangeKind kind, params ReadOnlySpan<string> paths)
    {
        if (filter?.Contains(kind) == false)
        {
            return;
        }

        using (var json = new Utf8JsonWriter(_buffer, WriterOptions))
        {
            json.WriteStartObject();
            json.WriteString("event_type"u8, kind.ToString());
            json.WriteStartArray("paths"u8);
            foreach (var path in paths)
            {
                json.WriteStringValue(Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(path)));
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        _buffer.Write("\n"u8);
    }

    /// <summary>Hands on what was written.</summary>
    public void Flush()
    {
        if (_buffer.WrittenCount > 0)
        {
            output.Write(_buffer.WrittenSpan);
            _buffer.ResetWrittenCount();
        }
    }
}
