using System.Globalization;
using System.Net.Http.Headers;
using System.Reflection;
using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>Between a call's metadata and HTTP headers.</summary>
internal static class GrpcHeaders
{
    public const string ContentType = "application/grpc";
    public const string Status = "grpc-status";
    public const string Message = "grpc-message";
    public const string Encoding = "grpc-encoding";

    private const string AcceptEncoding = "grpc-accept-encoding";
    private const string DeadlineHeader = "grpc-timeout";
    private const string UserAgent = "user-agent";

    // grpc-timeout has room for eight digits.
    private const long MaxTimeoutValue = 99_999_999;

    private static readonly string DefaultUserAgent = "modalai-grpc/" + typeof(GrpcHeaders).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0];

    /// <summary>Writes a request's headers. A caller's own user-agent takes the place of ours; the timeout is the deadline's alone.</summary>
    public static void Write(HttpRequestHeaders target, Metadata? headers, TimeSpan timeout)
    {
        var hasUserAgent = false;
        if (headers is not null)
        {
            for (var i = 0; i < headers.Count; i++)
            {
                var entry = headers[i];
                if (entry.Key is DeadlineHeader)
                {
                    continue;
                }

                hasUserAgent |= entry.Key is UserAgent;
                target.TryAddWithoutValidation(entry.Key, entry.WireValue);
            }
        }

        if (!hasUserAgent)
        {
            target.TryAddWithoutValidation(UserAgent, DefaultUserAgent);
        }

        target.TryAddWithoutValidation("te", "trailers");
        target.TryAddWithoutValidation(AcceptEncoding, "identity");
        if (timeout != Timeout.InfiniteTimeSpan)
        {
            target.TryAddWithoutValidation(DeadlineHeader, FormatTimeout(timeout));
        }
    }

    /// <summary>Reads headers or trailers as metadata, without those that belong to the protocol.</summary>
    public static Metadata Read(HttpHeaders headers)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in headers.NonValidated)
        {
            if (IsProtocol(name))
            {
                continue;
            }

            foreach (var value in values)
            {
                if (!Metadata.Entry.IsBinaryKey(name))
                {
                    metadata.Add(name, value);
                    continue;
                }

                // Several values may arrive joined; base64 has no commas.
                foreach (var part in value.Split(',', StringSplitOptions.TrimEntries))
                {
                    metadata.Add(name, DecodeBase64(part));
                }
            }
        }

        return metadata;
    }

    /// <summary>The value of a header that may occur once; null when it does not.</summary>
    public static string? GetSingle(HttpHeaders headers, string name) =>
        !headers.NonValidated.TryGetValues(name, out var values) ? null
        : values.Count <= 1 ? values.ToString()
        : throw new InvalidOperationException($"Multiple {name} headers.");

    private static bool IsProtocol(string name) =>
        name.StartsWith(':')
        || name.Equals(Status, StringComparison.OrdinalIgnoreCase)
        || name.Equals(Message, StringComparison.OrdinalIgnoreCase)
        || name.Equals(Encoding, StringComparison.OrdinalIgnoreCase)
        || name.Equals(AcceptEncoding, StringComparison.OrdinalIgnoreCase)
        || name.Equals("content-type", StringComparison.OrdinalIgnoreCase)
        || name.Equals("content-encoding", StringComparison.OrdinalIgnoreCase);

    // gRPC sends base64 with or without its padding.
    private static byte[] DecodeBase64(string value) =>
        Convert.FromBase64String(value.PadRight((value.Length + 3) / 4 * 4, '='));

    private static string FormatTimeout(TimeSpan timeout)
    {
        var milliseconds = (long)Math.Ceiling(timeout.TotalMilliseconds);
        return milliseconds <= MaxTimeoutValue
            ? string.Create(CultureInfo.InvariantCulture, $"{milliseconds}m")
            : string.Create(CultureInfo.InvariantCulture, $"{Math.Min((milliseconds + 999) / 1000, MaxTimeoutValue)}S");
    }
}
