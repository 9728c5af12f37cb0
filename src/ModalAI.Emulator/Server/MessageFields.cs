using System.Collections;
using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace ModalAI.Emulator.Server;

/// <summary>What a message says, whatever message it is.</summary>
internal static class MessageFields
{
    /// <summary>Whether a field was set, by the rules of its presence: without any, a default value is none.</summary>
    public static bool IsSet(IMessage message, FieldDescriptor field)
    {
        if (field.IsRepeated)
        {
            return ((ICollection)field.Accessor.GetValue(message)).Count > 0;
        }

        return field.HasPresence
            ? field.Accessor.HasValue(message)
            : field.Accessor.GetValue(message) switch
            {
                string text => text.Length > 0,
                ByteString bytes => !bytes.IsEmpty,
                bool flag => flag,
                var value => Convert.ToDouble(value, CultureInfo.InvariantCulture) != 0,
            };
    }

    /// <summary>What the message holds beyond the fields of its description, messages within it included.</summary>
    public static int UnknownBytes(IMessage message)
    {
        var known = message.Descriptor.Parser.WithDiscardUnknownFields(true).ParseFrom(message.ToByteString());
        return message.CalculateSize() - known.CalculateSize();
    }
}
