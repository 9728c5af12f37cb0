using System.Globalization;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Http;
using ModalAI.Protocol;

namespace ModalAI.Emulator.Server;

/// <summary>How a call ends, as it stands in the trailers.</summary>
internal readonly record struct RpcStatus(RpcStatusCode Code, string Message, IReadOnlyList<IMessage> Details)
{
    /// <summary>The prefix of the type URLs that Modal's servers put into details.</summary>
    private const string TypeUrlPrefix = "type.modal.com";

    public static readonly RpcStatus Ok = new(RpcStatusCode.Ok, "", []);

    public static RpcStatus From(RpcFailedException exception) => new(exception.Code, exception.Message, exception.Details);

    public void WriteTo(IHeaderDictionary trailers)
    {
        trailers["grpc-status"] = ((int)Code).ToString(CultureInfo.InvariantCulture);
        if (Message.Length > 0)
        {
            trailers["grpc-message"] = PercentEncode(Message);
        }

        if (Details.Count > 0)
        {
            var status = new RPCStatus { Code = (int)Code, Message = Message };
            status.Details.Add(Details.Select(detail => Any.Pack(detail, TypeUrlPrefix)));
            trailers["grpc-status-details-bin"] = Convert.ToBase64String(status.ToByteArray()).TrimEnd('=');
        }
    }

    /// <summary>gRPC's own encoding: UTF-8 bytes from space to tilde stand for themselves, but for the percent sign.</summary>
    internal static string PercentEncode(string text)
    {
        var encoded = new StringBuilder(text.Length);
        foreach (var value in Encoding.UTF8.GetBytes(text))
        {
            if (value is >= 0x20 and <= 0x7E and not (byte)'%')
            {
                encoded.Append((char)value);
            }
            else
            {
                encoded.Append(CultureInfo.InvariantCulture, $"%{value:X2}");
            }
        }

        return encoded.ToString();
    }
}
