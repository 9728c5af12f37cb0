using System.Globalization;
using System.Reflection;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace ModalAI.Rpc;

/// <summary>
/// Says on every call to the control plane who calls and with which credentials. The client type claims to be none of Modal's own SDKs,
/// and the version names the protocol level that this client follows.
/// </summary>
internal sealed class ClientHeadersInterceptor(ModalClientOptions options, Uri server, TimeProvider? timeProvider = null) : Interceptor
{
    private const string ProtocolLevel = "1.0.0";

    private static readonly string Version =
        "modal-dotnet-modalai/" + (typeof(ClientHeadersInterceptor).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0");

    private readonly string _clientType = options.ClientType.ToString(CultureInfo.InvariantCulture);

    private readonly OAuthAssertion? _assertion = string.IsNullOrEmpty(options.OAuthJwtKey)
        ? null
        : new OAuthAssertion(options.OAuthClientId!, options.OAuthJwtKey, timeProvider ?? TimeProvider.System);

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request,
        ClientInterceptorContext<TRequest, TResponse> context,
        AsyncUnaryCallContinuation<TRequest, TResponse> continuation) => continuation(request, WithHeaders(context));

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        TRequest request,
        ClientInterceptorContext<TRequest, TResponse> context,
        AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation) => continuation(request, WithHeaders(context));

    private ClientInterceptorContext<TRequest, TResponse> WithHeaders<TRequest, TResponse>(ClientInterceptorContext<TRequest, TResponse> context)
        where TRequest : class
        where TResponse : class
    {
        var headers = context.Options.Headers;
        if (headers is null)
        {
            headers = [];
            context = new ClientInterceptorContext<TRequest, TResponse>(context.Method, context.Host, context.Options.WithHeaders(headers));
        }

        headers.Add("x-modal-client-type", _clientType);
        headers.Add("x-modal-client-version", ProtocolLevel);
        headers.Add("x-modal-libmodal-version", Version);
        AddCredentials(headers);
        headers.Add("x-modal-host", server.Host);
        return context;
    }

    private void AddCredentials(Metadata headers)
    {
        if (!options.UsesOAuth)
        {
            headers.Add("x-modal-token-id", options.TokenId!);
            headers.Add("x-modal-token-secret", options.TokenSecret!);
            return;
        }

        headers.Add("x-modal-refresh-token", options.OAuthRefreshToken!);
        headers.Add("x-modal-oauth-client-id", options.OAuthClientId!);
        if (_assertion is not null)
        {
            headers.Add("x-modal-oauth-client-assertion", _assertion.Create());
        }
        else
        {
            headers.Add("x-modal-oauth-client-secret", options.OAuthClientSecret!);
        }
    }
}
