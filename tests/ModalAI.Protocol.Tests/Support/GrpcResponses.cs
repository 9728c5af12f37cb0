using System.Buffers.Binary;
using System.Globalization;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace ModalAI.Protocol.Tests.Support;

/// <summary>The words of a script: gRPC responses, byte by byte where a test wants it.</summary>
internal static class GrpcResponses
{
    public static byte[] Frame(IMessage message) => Frame(message.ToByteArray());

    public static byte[] Frame(byte[] payload, byte compressed = 0)
    {
        var frame = new byte[5 + payload.Length];
        frame[0] = compressed;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), payload.Length);
        payload.CopyTo(frame, 5);
        return frame;
    }

    public static async Task SendHeadersAsync(this HttpResponse response)
    {
        response.ContentType = "application/grpc";
        await response.StartAsync(TestTimeout.Token);
        await response.Body.FlushAsync(TestTimeout.Token);
    }

    /// <summary>Sends bytes at once, in DATA frames of their own.</summary>
    public static async Task SendAsync(this HttpResponse response, ReadOnlyMemory<byte> bytes)
    {
        if (!response.HasStarted)
        {
            response.ContentType = "application/grpc";
        }

        await response.Body.WriteAsync(bytes, TestTimeout.Token);
        await response.Body.FlushAsync(TestTimeout.Token);
    }

    public static void End(this HttpResponse response, int status = 0, string? message = null)
    {
        response.AppendTrailer("grpc-status", status.ToString(CultureInfo.InvariantCulture));
        if (message is not null)
        {
            response.AppendTrailer("grpc-message", message);
        }
    }

    public static void Reset(this HttpContext context, int errorCode) => context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(errorCode);

    /// <summary>Ends a call without a message: the status travels in the headers.</summary>
    public static void EndInHeaders(this HttpResponse response, int status, string? message = null)
    {
        response.ContentType = "application/grpc";
        response.Headers["grpc-status"] = status.ToString(CultureInfo.InvariantCulture);
        if (message is not null)
        {
            response.Headers["grpc-message"] = message;
        }
    }

    /// <summary>Completes when the client gives the request up.</summary>
    public static async Task WaitForAbortAsync(this HttpContext context)
    {
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = context.RequestAborted.Register(() => aborted.TrySetResult());
        await aborted.Task.WaitAsync(TestTimeout.Token);
    }

    /// <summary>Reads the one request message.</summary>
    public static async Task<T> ReadAsync<T>(this HttpRequest request, MessageParser<T> parser)
        where T : IMessage<T> =>
        await request.TryReadAsync(parser) ?? throw new InvalidDataException("The request has no message.");

    /// <summary>Reads the next request message; null at the end of the request.</summary>
    public static async Task<T?> TryReadAsync<T>(this HttpRequest request, MessageParser<T> parser)
        where T : IMessage<T>
    {
        var header = new byte[5];
        var read = await request.Body.ReadAtLeastAsync(header, header.Length, throwOnEndOfStream: false, TestTimeout.Token);
        if (read == 0)
        {
            return default;
        }

        var payload = new byte[BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(1))];
        await request.Body.ReadExactlyAsync(payload, TestTimeout.Token);
        return parser.ParseFrom(payload);
    }
}
