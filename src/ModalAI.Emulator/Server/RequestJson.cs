using System.Buffers;
using System.Collections;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace ModalAI.Emulator.Server;

/// <summary>
/// A message as JSON that tells what was sent: a field is there when it was set, by the rules of its presence. Protobuf's own formatter would not
/// tell an unknown field, and would write out every byte of an upload.
/// </summary>
internal static class RequestJson
{
    private const int MaxInlineBytes = 1024;
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string From(IMessage message)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            Write(json, message);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter json, IMessage message)
    {
        json.WriteStartObject();
        foreach (var field in message.Descriptor.Fields.InFieldNumberOrder())
        {
            WriteField(json, field, message);
        }

        if (MessageFields.UnknownBytes(message) is > 0 and var unknown)
        {
            json.WriteNumber("$unknown_bytes", unknown);
        }

        json.WriteEndObject();
    }

    private static void WriteField(Utf8JsonWriter json, FieldDescriptor field, IMessage message)
    {
        if (!MessageFields.IsSet(message, field))
        {
            return;
        }

        json.WritePropertyName(field.Name);
        switch (field.Accessor.GetValue(message))
        {
            case IDictionary map when field.IsMap:
                WriteMap(json, field.MessageType.FindFieldByNumber(2), map);
                break;
            case IList list when field.IsRepeated:
                WriteList(json, field, list);
                break;
            case var value:
                WriteValue(json, field, value);
                break;
        }
    }

    private static void WriteList(Utf8JsonWriter json, FieldDescriptor field, IList list)
    {
        json.WriteStartArray();
        foreach (var item in list)
        {
            WriteValue(json, field, item);
        }

        json.WriteEndArray();
    }

    private static void WriteMap(Utf8JsonWriter json, FieldDescriptor valueField, IDictionary map)
    {
        json.WriteStartObject();
        foreach (DictionaryEntry entry in map)
        {
            json.WritePropertyName(Convert.ToString(entry.Key, CultureInfo.InvariantCulture)!);
            WriteValue(json, valueField, entry.Value!);
        }

        json.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter json, FieldDescriptor field, object value)
    {
        switch (value)
        {
            case IMessage message:
                Write(json, message);
                break;
            case ByteString bytes:
                WriteBytes(json, bytes);
                break;
            case string text:
                json.WriteStringValue(text);
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case Enum number:
                WriteEnum(json, field, Convert.ToInt32(number, CultureInfo.InvariantCulture));
                break;
            case double or float:
                WriteReal(json, Convert.ToDouble(value, CultureInfo.InvariantCulture));
                break;
            default:
                json.WriteRawValue(Convert.ToString(value, CultureInfo.InvariantCulture)!);
                break;
        }
    }

    private static void WriteBytes(Utf8JsonWriter json, ByteString bytes)
    {
        if (bytes.Length <= MaxInlineBytes)
        {
            json.WriteBase64StringValue(bytes.Span);
            return;
        }

        json.WriteStartObject();
        json.WriteNumber("length", bytes.Length);
        json.WriteString("sha256", Convert.ToHexStringLower(SHA256.HashData(bytes.Span)));
        json.WriteEndObject();
    }

    private static void WriteEnum(Utf8JsonWriter json, FieldDescriptor field, int number)
    {
        if (field.EnumType.FindValueByNumber(number) is { } known)
        {
            json.WriteStringValue(known.Name);
        }
        else
        {
            json.WriteNumberValue(number);
        }
    }

    private static void WriteReal(Utf8JsonWriter json, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumberValue(value);
        }
        else
        {
            json.WriteStringValue(value.ToString(CultureInfo.InvariantCulture));
        }
    }
}
