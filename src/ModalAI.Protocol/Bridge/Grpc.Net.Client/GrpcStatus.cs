using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>What a response, or the lack of one, means in gRPC's terms.</summary>
internal static class GrpcStatus
{
    public const string StartFailed = "Error starting gRPC call.";

    /// <summary>The status that a response's headers decide: the server's own, or what is wrong with them. Null when messages follow.</summary>
    public static Status? FromHeaders(HttpResponseMessage response)
    {
        if (TryRead(response.Headers) is { } status)
        {
            return status;
        }

        if (response.Version.Major < 2)
        {
            return new Status(StatusCode.Internal, $"Bad gRPC response. Response protocol downgraded to HTTP/{response.Version.ToString(2)}.");
        }

        if (response.StatusCode != HttpStatusCode.OK)
        {
            return new Status(FromHttp(response.StatusCode), $"Bad gRPC response. HTTP status code: {(int)response.StatusCode}");
        }

        var contentType = GrpcHeaders.GetSingle(response.Content.Headers, "content-type");
        return contentType switch
        {
            null => new Status(StatusCode.Cancelled, "Bad gRPC response. Response did not have a content-type header."),
            _ when !IsGrpc(contentType) => new Status(StatusCode.Cancelled, $"Bad gRPC response. Invalid content-type value: {contentType}"),
            _ => null,
        };
    }

    /// <summary>The status of a response whose messages have all been read.</summary>
    public static Status FromTrailers(HttpResponseMessage response)
    {
        try
        {
            return TryRead(response.TrailingHeaders) ?? new Status(StatusCode.Cancelled, "No grpc-status found on response.");
        }
        catch (InvalidOperationException exception)
        {
            return new Status(StatusCode.Cancelled, exception.Message, exception);
        }
    }

    /// <summary>The status of a call that broke. An HTTP/2 error code decides first; then any failure of the network is Unavailable.</summary>
    public static Status FromException(string summary, Exception exception)
    {
        var code = StatusCode.Internal;
        if (exception is OperationCanceledException)
        {
            // The handler reports that it could not connect in time as a cancellation, with this inside.
            code = exception.InnerException is TimeoutException ? StatusCode.Unavailable : StatusCode.Cancelled;
        }

        var words = new StringBuilder(summary);
        for (var current = exception; current is not null; current = current.InnerException)
        {
            words.Append(CultureInfo.InvariantCulture, $" {current.GetType().Name}: {current.Message}");
            if (current is HttpProtocolException protocol)
            {
                return new Status(FromHttp2(protocol.ErrorCode), words.ToString(), exception);
            }

            if (current is SocketException or IOException)
            {
                code = StatusCode.Unavailable;
            }
        }

        return new Status(code, words.ToString(), exception);
    }

    private static Status? TryRead(HttpHeaders headers)
    {
        var code = GrpcHeaders.GetSingle(headers, GrpcHeaders.Status);
        if (code is null)
        {
            return null;
        }

        if (!int.TryParse(code, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            throw new InvalidOperationException($"Unexpected grpc-status value: {code}");
        }

        var message = GrpcHeaders.GetSingle(headers, GrpcHeaders.Message);
        return new Status((StatusCode)number, message is null ? string.Empty : Uri.UnescapeDataString(message));
    }

    private static bool IsGrpc(string contentType) =>
        contentType.StartsWith(GrpcHeaders.ContentType, StringComparison.OrdinalIgnoreCase)
        && (contentType.Length == GrpcHeaders.ContentType.Length || contentType[GrpcHeaders.ContentType.Length] is ';' or '+');

    private static StatusCode FromHttp(HttpStatusCode status) => status switch
    {
        HttpStatusCode.BadRequest or HttpStatusCode.RequestHeaderFieldsTooLarge or < HttpStatusCode.OK => StatusCode.Internal,
        HttpStatusCode.Unauthorized => StatusCode.Unauthenticated,
        HttpStatusCode.Forbidden => StatusCode.PermissionDenied,
        HttpStatusCode.NotFound => StatusCode.Unimplemented,
        HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout =>
            StatusCode.Unavailable,
        _ => StatusCode.Unknown,
    };

    private static StatusCode FromHttp2(long errorCode) => errorCode switch
    {
        0x7 => StatusCode.Unavailable, // REFUSED_STREAM
        0x8 => StatusCode.Cancelled, // CANCEL
        0xb => StatusCode.ResourceExhausted, // ENHANCE_YOUR_CALM
        0xc => StatusCode.PermissionDenied, // INADEQUATE_SECURITY
        _ => StatusCode.Internal,
    };
}
