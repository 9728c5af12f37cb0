using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace ModalAI.Emulator.Network;

/// <summary>
/// The connect token of a request: in the header <c>Authorization: Bearer</c>, in the query or in a cookie. It is taken out of what goes on to the sandbox,
/// since it is not for the program there.
/// </summary>
internal readonly ref struct ConnectCredential
{
    private const string Name = "_modal_connect_token";
    private const string Bearer = "Bearer ";

    private ConnectCredential(string? token, string query, string? removedHeader, string? cookies)
    {
        Token = token;
        Query = query;
        RemovedHeader = removedHeader;
        Cookies = cookies;
    }

    /// <summary>Null for none.</summary>
    public string? Token { get; }

    /// <summary>The request's query without it.</summary>
    public string Query { get; }

    /// <summary>The header that is not to go on; null for none.</summary>
    public string? RemovedHeader { get; }

    /// <summary>What goes on as the cookies, where the token was among them.</summary>
    public string? Cookies { get; }

    public static ConnectCredential Read(HttpRequest request)
    {
        var query = request.QueryString.Value ?? "";
        if (request.Headers.Authorization.ToString() is var header && header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
        {
            return new ConnectCredential(header[Bearer.Length..].Trim(), query, "Authorization", null);
        }

        if (request.Query.TryGetValue(Name, out var inQuery) && inQuery.Count > 0)
        {
            return new ConnectCredential(inQuery[0], RemoveFromQuery(query), null, null);
        }

        return request.Cookies.TryGetValue(Name, out var inCookie)
            ? new ConnectCredential(inCookie, query, "Cookie", RemoveFromCookies(request.Headers.Cookie))
            : new ConnectCredential(null, query, null, null);
    }

    /// <summary>The other parts stay as they were written.</summary>
    private static string RemoveFromQuery(string query)
    {
        var kept = query.TrimStart('?').Split('&').Where(static part => !IsToken(part));
        var rest = string.Join('&', kept);
        return rest.Length == 0 ? "" : "?" + rest;

        static bool IsToken(string part)
        {
            foreach (var pair in new QueryStringEnumerable(part))
            {
                return pair.DecodeName().Span.SequenceEqual(Name);
            }

            return false;
        }
    }

    private static string? RemoveFromCookies(StringValues cookies)
    {
        var rest = string.Join(
            "; ", cookies.SelectMany(static line => (line ?? "").Split(';')).Select(static cookie => cookie.Trim()).Where(static cookie => !cookie.StartsWith(Name + "=", StringComparison.Ordinal)));
        return rest.Length == 0 ? null : rest;
    }
}
