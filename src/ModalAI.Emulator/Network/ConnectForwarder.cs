using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace ModalAI.Emulator.Network;

/// <summary>
/// Forwards HTTP/1.1 requests that show a connect token to the port of the sandbox that it opens, WebSockets too, and says there whose they are.
/// </summary>
internal sealed class ConnectForwarder : IHttpApplication<HttpContext>, IDisposable
{
    private const string UserDataHeader = "X-Verified-User-Data";
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(15);
    private static readonly HttpRequestOptionsKey<ConnectToken> Target = new("target");

    /// <summary>What is between two neighbours, and no farther (RFC 9110, 7.6.1).</summary>
    private static readonly HashSet<string> HopByHop = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Expect",
    };

    private readonly ConnectTokens _tokens;
    private readonly ILogger _logger;
    private readonly CancellationToken _stopping;
    private readonly HttpMessageInvoker _client = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
        ConnectTimeout = ConnectLimit,
        ConnectCallback = ConnectAsync,
        RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
        ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,

        // A connection is one request's: it holds the sandbox awake, and must not outlive it.
        PooledConnectionLifetime = TimeSpan.Zero,
    });

    public ConnectForwarder(ConnectTokens tokens, ILogger logger, CancellationToken stopping)
    {
        _tokens = tokens;
        _logger = logger;
        _stopping = stopping;
    }

    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public void DisposeContext(HttpContext context, Exception? exception)
    {
        // Nothing is held for a request beyond ProcessRequestAsync.
    }

    public async Task ProcessRequestAsync(HttpContext context)
    {
        var credential = ConnectCredential.Read(context.Request);
        if (credential.Token is not { } shown || _tokens.Find(shown) is not { } token)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            await RefuseAsync(context, StatusCodes.Status401Unauthorized, "A connect token is needed: as 'Authorization: Bearer', query or cookie '_modal_connect_token'.").ConfigureAwait(false);
            return;
        }

        if (!token.Sandbox.Plan.Network.Inbound.Allows(context.Connection.RemoteIpAddress))
        {
            await RefuseAsync(context, StatusCodes.Status403Forbidden, "The sandbox's inbound allowlist does not have your address.").ConfigureAwait(false);
            return;
        }

        using var request = MakeRequest(context, token, ConnectCredential.Read(context.Request));
        using var activity = token.Sandbox.EnterConnection();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, token.Sandbox.Ending, _stopping);
        try
        {
            await ForwardAsync(context, request, stop.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException or OperationCanceledException)
        {
            if (context.Response.HasStarted || context.RequestAborted.IsCancellationRequested)
            {
                context.Abort();
                return;
            }

            Log.NotForwarded(_logger, e, token.Sandbox.Id, token.Port);
            await RefuseAsync(context, StatusCodes.Status502BadGateway, $"Nothing answers at port {token.Port.ToString(CultureInfo.InvariantCulture)} of the sandbox.").ConfigureAwait(false);
        }
    }

    public void Dispose() => _client.Dispose();

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        // The host of the request's address is the sandbox's id, so that no connection is made for one sandbox and used for another.
        return context.InitialRequestMessage.Options.TryGetValue(Target, out var token)
            ? new NetworkStream(await token.Sandbox.ConnectAsync(token.Port, cancellationToken).ConfigureAwait(false), ownsSocket: true)
            : throw new InvalidOperationException("The request has no target.");
    }

    private static HttpRequestMessage MakeRequest(HttpContext context, ConnectToken token, ConnectCredential credential)
    {
        var incoming = context.Request;
        var rawTarget = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var path = rawTarget.StartsWith('/') ? rawTarget.Split('?', 2)[0] : incoming.Path.ToUriComponent();
        var address = string.Create(CultureInfo.InvariantCulture, $"http://{token.Sandbox.Id}:{token.Port}{path}{credential.Query}");
        var request = new HttpRequestMessage(
            new HttpMethod(incoming.Method), new Uri(address, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }))
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Options.Set(Target, token);
        var isUpgrade = context.Features.Get<IHttpUpgradeFeature>()?.IsUpgradableRequest is true;
        if (!isUpgrade && context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody is true)
        {
            request.Content = new StreamContent(incoming.Body);
        }

        var named = NamedByConnection(incoming.Headers.Connection);
        foreach (var (name, values) in incoming.Headers)
        {
            if (!HopByHop.Contains(name) && !named.Contains(name) && !IsReplaced(name, credential)
                && !request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
            {
                request.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            }
        }

        if (credential.Cookies is { } cookies)
        {
            request.Headers.TryAddWithoutValidation("Cookie", cookies);
        }

        if (token.UserData.Length > 0)
        {
            request.Headers.TryAddWithoutValidation(UserDataHeader, token.UserData);
        }

        if (isUpgrade)
        {
            request.Headers.TryAddWithoutValidation("Connection", "Upgrade");
            request.Headers.TryAddWithoutValidation("Upgrade", incoming.Headers.Upgrade.ToString());
        }

        return request;
    }

    /// <summary>What would be forged, or is for this server alone.</summary>
    private static bool IsReplaced(string name, ConnectCredential credential) =>
        name.StartsWith(':')
        || string.Equals(name, UserDataHeader, StringComparison.OrdinalIgnoreCase)
        || string.Equals(name, credential.RemovedHeader, StringComparison.OrdinalIgnoreCase);

    private static HashSet<string> NamedByConnection(Microsoft.Extensions.Primitives.StringValues connection) =>
        new(connection.SelectMany(static line => (line ?? "").Split(',')).Select(static name => name.Trim()), StringComparer.OrdinalIgnoreCase);

    private static async Task RefuseAsync(HttpContext context, int status, string reason)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.WriteAsync(reason + "\n", context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task ForwardAsync(HttpContext context, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var response = await _client.SendAsync(request, cancellationToken).ConfigureAwait(false);
        context.Response.StatusCode = (int)response.StatusCode;
        context.Features.Get<IHttpResponseFeature>()!.ReasonPhrase = response.ReasonPhrase;
        var named = NamedByConnection(new([.. response.Headers.Connection]));
        foreach (var (name, values) in response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated))
        {
            if (!HopByHop.Contains(name) && !named.Contains(name))
            {
                context.Response.Headers.Append(name, new([.. values]));
            }
        }

        var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.SwitchingProtocols)
        {
            context.Response.Headers.Upgrade = response.Headers.Upgrade.ToString();
            var outside = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync().ConfigureAwait(false);
            await ExchangeAsync(outside, body, cancellationToken).ConfigureAwait(false);
            return;
        }

        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        await CopyAsync(body, context.Response.Body, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Neither side of an upgraded connection can be closed alone here: it ends when one has ended.</summary>
    private static async Task ExchangeAsync(Stream outside, Stream inside, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var there = CopyAsync(outside, inside, stop.Token);
        var back = CopyAsync(inside, outside, stop.Token);
        await Task.WhenAny(there, back).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(there, back).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Passes on what comes when it comes.</summary>
    private static async Task CopyAsync(Stream from, Stream to, CancellationToken cancellationToken)
    {
        var buffer = new byte[16 * 1024];
        int count;
        while ((count = await from.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            await to.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
            await to.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
