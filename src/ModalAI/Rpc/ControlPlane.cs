using Grpc.Core;
using Microsoft.Extensions.Logging;
using ModalAI.Protocol;
using Stub = ModalAI.Protocol.ModalClient.ModalClientClient;

namespace ModalAI.Rpc;

/// <summary>
/// Calls of the control plane: each with the token, one idempotency key over all its attempts, an overall time limit, and its failure told
/// as a <see cref="ModalException"/>.
/// </summary>
internal sealed class ControlPlane
{
    private static readonly TimeSpan TokenTimeout = TimeSpan.FromSeconds(5);

    private readonly Stub _stub;
    private readonly ModalClientOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly RetryPipeline _retries;
    private readonly RetryRule _rule;
    private readonly AuthTokenProvider _tokens;
    private readonly ServerWarnings _warnings;

    public ControlPlane(
        Stub stub, Uri server, ModalClientOptions options, RetryPipeline retries, ServerWarnings warnings, TimeProvider timeProvider, ILogger logger)
    {
        _stub = stub;
        _options = options;
        _timeProvider = timeProvider;
        Server = server.GetLeftPart(UriPartial.Authority);
        _retries = retries;
        _rule = RetryRule.ControlPlane(options.MaxRetries);
        _warnings = warnings;
        _tokens = new AuthTokenProvider(FetchTokenAsync, timeProvider, logger);
    }

    /// <summary>A call of the generated client, such as <c>static (stub, request, options) => stub.SandboxWaitAsync(request, options)</c>.</summary>
    public delegate AsyncUnaryCall<TResponse> UnaryCall<TRequest, TResponse>(Stub stub, TRequest request, CallOptions options);

    /// <summary>Likewise for a stream from the server.</summary>
    public delegate AsyncServerStreamingCall<TResponse> StreamingCall<TRequest, TResponse>(Stub stub, TRequest request, CallOptions options);

    /// <summary>Scheme, host and port: what messages name.</summary>
    public string Server { get; }

    /// <summary>
    /// Makes a call that looks something up. Modal takes these with or without the token (its Python client never sends it), so that the first ones need not
    /// wait for it.
    /// </summary>
    public Task<TResponse> LookUpAsync<TRequest, TResponse>(
        string rpc, UnaryCall<TRequest, TResponse> call, TRequest request, CancellationToken cancellationToken) =>
        InvokeAsync(rpc, call, request, _rule, _options.RequestTimeout, TokenUse.AtHand, cancellationToken);

    /// <summary>Makes a unary call within <see cref="ModalClientOptions.RequestTimeout"/>, attempts included.</summary>
    public Task<TResponse> CallAsync<TRequest, TResponse>(
        string rpc, UnaryCall<TRequest, TResponse> call, TRequest request, CancellationToken cancellationToken) =>
        CallAsync(rpc, call, request, timeout: null, cancellationToken);

    /// <summary>Makes a unary call within a time limit of its own; null for <see cref="ModalClientOptions.RequestTimeout"/>.</summary>
    public Task<TResponse> CallAsync<TRequest, TResponse>(
        string rpc, UnaryCall<TRequest, TResponse> call, TRequest request, TimeSpan? timeout, CancellationToken cancellationToken) =>
        InvokeAsync(rpc, call, request, _rule, timeout ?? _options.RequestTimeout, TokenUse.Required, cancellationToken);

    /// <summary>Makes a unary call that is not repeated, within a time limit of its own: for a poll, whose next one is its repetition.</summary>
    public Task<TResponse> CallOnceAsync<TRequest, TResponse>(
        string rpc, UnaryCall<TRequest, TResponse> call, TRequest request, TimeSpan timeout, CancellationToken cancellationToken) =>
        InvokeAsync(rpc, call, request, _rule with { MaxRetries = 0 }, timeout, TokenUse.Required, cancellationToken);

    /// <summary>Opens a stream from the server. It is not repeated here: what can resume knows how to.</summary>
    public async IAsyncEnumerable<TResponse> StreamAsync<TRequest, TResponse>(
        string rpc,
        StreamingCall<TRequest, TResponse> call,
        TRequest request,
        TimeSpan timeout,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var deadline = DeadlineIn(timeout);
        var (stream, hasFirst) = await OpenAsync(rpc, call, request, deadline, cancellationToken).ConfigureAwait(false);
        using (stream)
        {
            while (hasFirst)
            {
                yield return stream.ResponseStream.Current;
                try
                {
                    hasFirst = await stream.ResponseStream.MoveNext(cancellationToken).ConfigureAwait(false);
                }
                catch (RpcException exception)
                {
                    _warnings.Read(exception.Trailers);
                    throw ModalErrors.FromRpc(exception, rpc, Server, cancellationToken);
                }
            }

            _warnings.Read(stream.GetTrailers());
        }
    }

    /// <summary>Opens a stream and waits for its first message, or its end. A refused token shows there at the latest, and is worth one other token.</summary>
    private async Task<(AsyncServerStreamingCall<TResponse> Stream, bool HasFirst)> OpenAsync<TRequest, TResponse>(
        string rpc, StreamingCall<TRequest, TResponse> call, TRequest request, DateTime deadline, CancellationToken cancellationToken)
    {
        for (var isRepeated = false; ; isRepeated = true)
        {
            var token = await _tokens.GetAsync(cancellationToken).ConfigureAwait(false);
            var stream = call(_stub, request, new CallOptions(new Metadata { { "x-modal-auth-token", token.Value } }, deadline, cancellationToken));
            try
            {
                return (stream, await stream.ResponseStream.MoveNext(cancellationToken).ConfigureAwait(false));
            }
            catch (RpcException exception)
            {
                stream.Dispose();
                _warnings.Read(exception.Trailers);
                if (exception.StatusCode != StatusCode.Unauthenticated || isRepeated)
                {
                    throw ModalErrors.FromRpc(exception, rpc, Server, cancellationToken);
                }

                _tokens.Reject(token);
            }
            catch
            {
                stream.Dispose();
                throw;
            }
        }
    }

    private async Task<string> FetchTokenAsync(bool retry, CancellationToken cancellationToken)
    {
        var response = await InvokeAsync(
            nameof(Stub.AuthTokenGet),
            static (stub, request, options) => stub.AuthTokenGetAsync(request, options),
            new AuthTokenGetRequest(),
            retry ? _rule : _rule with { MaxRetries = 0 },
            TokenTimeout < _options.RequestTimeout ? TokenTimeout : _options.RequestTimeout,
            TokenUse.None,
            cancellationToken).ConfigureAwait(false);
        return response.Token.Length > 0
            ? response.Token
            : throw new ModalException(ModalErrorCode.Internal, $"{Server} answered AuthTokenGet with an empty token.");
    }

    private async Task<TResponse> InvokeAsync<TRequest, TResponse>(
        string rpc,
        UnaryCall<TRequest, TResponse> call,
        TRequest request,
        RetryRule rule,
        TimeSpan timeout,
        TokenUse tokenUse,
        CancellationToken cancellationToken)
    {
        var attempts = new CallAttempts(rule, timeout, rule.MaxRetries == 0 ? TimeSpan.Zero : _options.MaxThrottleWait ?? TimeSpan.Zero, _timeProvider);
        try
        {
            return await _retries.ExecuteAsync(
                rpc,
                attempts,
                static (state, attempts, cancellationToken) => state.self.AttemptAsync(state.call, state.request, attempts, state.deadline + attempts.Throttled, state.tokenUse, cancellationToken),
                (self: this, call, request, deadline: DeadlineIn(timeout), tokenUse),
                cancellationToken).ConfigureAwait(false);
        }
        catch (RpcException exception)
        {
            throw ModalErrors.FromRpc(exception, rpc, Server, cancellationToken, attempts.MayHaveArrived);
        }
    }

    private async ValueTask<TResponse> AttemptAsync<TRequest, TResponse>(
        UnaryCall<TRequest, TResponse> call, TRequest request, CallAttempts attempts, DateTime deadline, TokenUse tokenUse, CancellationToken cancellationToken)
    {
        var token = tokenUse switch
        {
            TokenUse.Required => await _tokens.GetAsync(cancellationToken).ConfigureAwait(false),
            TokenUse.AtHand => _tokens.Peek(),
            _ => null,
        };
        try
        {
            return await SendAsync(call, request, attempts, token, deadline, cancellationToken).ConfigureAwait(false);
        }
        catch (RpcException exception) when (tokenUse != TokenUse.None && exception.StatusCode == StatusCode.Unauthenticated)
        {
            // A rejected token is worth one other token, whatever its clock said; rejected credentials fail in fetching it.
            if (token is not null)
            {
                _tokens.Reject(token);
            }

            token = await _tokens.GetAsync(cancellationToken).ConfigureAwait(false);
            return await SendAsync(call, request, attempts, token, deadline, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<TResponse> SendAsync<TRequest, TResponse>(
        UnaryCall<TRequest, TResponse> call, TRequest request, CallAttempts attempts, AuthToken? token, DateTime deadline, CancellationToken cancellationToken)
    {
        var headers = new Metadata();
        attempts.AddHeaders(headers);
        if (token is not null)
        {
            headers.Add("x-modal-auth-token", token.Value);
        }

        using var pending = call(_stub, request, new CallOptions(headers, deadline, cancellationToken));
        try
        {
            var response = await pending.ResponseAsync.ConfigureAwait(false);
            _warnings.Read(pending.GetTrailers());
            return response;
        }
        catch (RpcException exception)
        {
            _warnings.Read(exception.Trailers);
            throw;
        }
    }

    // gRPC measures deadlines on the system's clock.
    private static DateTime DeadlineIn(TimeSpan timeout) => DateTime.UtcNow + timeout;

    private enum TokenUse
    {
        /// <summary>Sent without one.</summary>
        None,

        /// <summary>Sent with one where there is one.</summary>
        AtHand,

        /// <summary>Waits for one.</summary>
        Required,
    }
}
