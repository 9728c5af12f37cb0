using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace ModalAI.Emulator.Network;

/// <summary>Questions and answers of DNS (RFC 1035), as far as they are about the addresses of hosts.</summary>
internal static class DnsMessage
{
    public const int MaxLength = 512;

    private const int HeaderLength = 12;
    private const int MaxAnswers = 16;

    public enum Code
    {
        Ok = 0,
        Malformed = 1,
        Failed = 2,
        NoSuchName = 3,
        NotServed = 4,
        Refused = 5,
    }

    /// <summary>Reads a message with one question.</summary>
    /// <returns>False when there is nothing that could be answered.</returns>
    public static bool TryReadQuestion(ReadOnlySpan<byte> message, out DnsQuestion question)
    {
        const byte IsResponseAndOpcode = 0xf8;
        const int MaxLabel = 63;

        question = default;
        if (message.Length < HeaderLength || (message[2] & IsResponseAndOpcode) != 0 || BinaryPrimitives.ReadUInt16BigEndian(message[4..]) != 1)
        {
            return false;
        }

        var name = new StringBuilder();
        var at = HeaderLength;
        while (at < message.Length && message[at] is var length and > 0)
        {
            if (length > MaxLabel || at + 1 + length > message.Length || !Ascii.IsValid(message.Slice(at + 1, length)))
            {
                return false;
            }

            name.Append(name.Length > 0 ? "." : "").Append(Encoding.ASCII.GetString(message.Slice(at + 1, length)));
            at += 1 + length;
        }

        if (at + 5 > message.Length)
        {
            return false;
        }

        question = new DnsQuestion(name.ToString(), BinaryPrimitives.ReadUInt16BigEndian(message[(at + 1)..]), at + 5);
        return true;
    }

    /// <summary>The answer to a question: its own bytes again, then the addresses.</summary>
    public static byte[] Answer(ReadOnlySpan<byte> message, DnsQuestion question, Code code, IReadOnlyList<IPAddress> addresses)
    {
        const int AnswerLength = 16;
        const ushort Response = 0x8000;
        const ushort RecursionDesired = 0x0100;
        const ushort RecursionAvailable = 0x0080;
        const ushort PointerToTheQuestion = 0xc000 | HeaderLength;
        const uint SecondsToLive = 30;

        var count = Math.Min(addresses.Count, Math.Min(MaxAnswers, (MaxLength - question.End) / AnswerLength));
        var answer = new byte[question.End + (count * AnswerLength)];
        message[..question.End].CopyTo(answer);
        var flags = (ushort)(Response | (BinaryPrimitives.ReadUInt16BigEndian(message[2..]) & RecursionDesired) | RecursionAvailable | (ushort)code);
        BinaryPrimitives.WriteUInt16BigEndian(answer.AsSpan(2), flags);
        BinaryPrimitives.WriteUInt16BigEndian(answer.AsSpan(6), (ushort)count);
        answer.AsSpan(8, 4).Clear();
        for (var i = 0; i < count; i++)
        {
            var record = answer.AsSpan(question.End + (i * AnswerLength), AnswerLength);
            BinaryPrimitives.WriteUInt16BigEndian(record, PointerToTheQuestion);
            BinaryPrimitives.WriteUInt16BigEndian(record[2..], DnsQuestion.Address);
            BinaryPrimitives.WriteUInt16BigEndian(record[4..], DnsQuestion.Internet);
            BinaryPrimitives.WriteUInt32BigEndian(record[6..], SecondsToLive);
            BinaryPrimitives.WriteUInt16BigEndian(record[10..], 4);
            _ = addresses[i].TryWriteBytes(record[12..], out _);
        }

        return answer;
    }
}
