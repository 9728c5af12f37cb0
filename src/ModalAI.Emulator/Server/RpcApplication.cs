using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace ModalAI.Emulator.Server;

/// <summary>Turns HTTP/2 requests into RPCs: finds the method, keeps its time, and ends it with a status in the trailers.</summary>
internal sealed class RpcApplication(
    IReadOnlyList<RpcService> services, TimeSpan delayPerRpc, FaultTable faults, ModalEmulatorLedger ledger, ILogger logger, CancellationToken stopping)
    : IHttpApplication<IFeatureCollection>
{
    private readonly Dictionary<string, RpcMethod> _methods = services
        .SelectMany(service => service.Methods.Values.Select(method => (Path: $"/{service.Name}/{method.Name}", Method: method)))
        .ToDictionary(entry => entry.Path, entry => entry.Method, StringComparer.Ordinal);

    public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

    public void DisposeContext(IFeatureCollection context, Exception? exception)
    {
        // Nothing is held for a call beyond ProcessRequestAsync.
    }

    public async Task ProcessRequestAsync(IFeatureCollection context)
    {
        var request = context.GetRequiredFeature<IHttpRequestFeature>();
        var response = context.GetRequiredFeature<IHttpResponseFeature>();
        if (request.Headers.ContentType.ToString().StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) is false)
        {
            response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return;
        }

        response.Headers.ContentType = "application/grpc";
        var name = request.Path[(request.Path.LastIndexOf('/') + 1)..];
        var record = ledger.RpcStarted(name);
        var recording = ledger.Recorder is { } recorder ? RequestRecording.Start(recorder, request) : null;
        var status = new RpcStatus(RpcStatusCode.Internal, "", []);
        var met = faults.Meet(name);
        try
        {
            status = await RunAsync(name, request, recording, context, met).ConfigureAwait(false);
            var trailers = context.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers;
            status.WriteTo(trailers);
            if (met is { Warnings.Count: > 0 })
            {
                trailers["x-modal-warning"] = string.Join(',', met.Warnings.Select(Uri.EscapeDataString));
            }
        }
        catch (CallBrokenException broken)
        {
            status = new RpcStatus(RpcStatusCode.Unavailable, "", []);
            await BreakAsync(broken.How, context).ConfigureAwait(false);
        }
        finally
        {
            ledger.RpcEnded(record, status.Code);
        }
    }

    /// <summary>No status is sent. What the reply holds so far goes out where it ends in good order, and is given up where it does not.</summary>
    private static async Task BreakAsync(ModalEmulatorBreak how, IFeatureCollection context)
    {
        switch (how)
        {
            case ModalEmulatorBreak.EndStream:
                await context.GetRequiredFeature<IHttpResponseBodyFeature>().Writer.FlushAsync().ConfigureAwait(false);
                break;
            case ModalEmulatorBreak.CloseConnection:
                context.GetRequiredFeature<IConnectionLifetimeFeature>().Abort();
                break;
            default:
                const int InternalError = 2;
                context.GetRequiredFeature<IHttpResetFeature>().Reset(InternalError);
                break;
        }
    }

    private async Task<RpcStatus> RunAsync(
        string name, IHttpRequestFeature request, RequestRecording? recording, IFeatureCollection features, CallFaults? faults)
    {
        var reset = features.GetRequiredFeature<IHttpRequestLifetimeFeature>().RequestAborted;
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(reset, stopping);
        using var context = new RpcContext(name, request.Headers, recording, cancellation);
        var hasDeadline = false;
        try
        {
            if (RpcTimeout.Parse(request.Headers["grpc-timeout"]) is { } timeout)
            {
                hasDeadline = true;
                cancellation.CancelAfter(timeout);
            }

            var delay = delayPerRpc + (faults?.Delay ?? TimeSpan.Zero);
            if (delay > TimeSpan.Zero)
            {
                await Task.Delay(delay, cancellation.Token).ConfigureAwait(false);
            }

            if (faults?.Failure is { } failure)
            {
                return failure;
            }

            if (!_methods.TryGetValue(request.Path, out var method))
            {
                return new RpcStatus(RpcStatusCode.Unimplemented, $"The emulator does not serve {name}.", []);
            }

            method.Authenticate(context);
            var requestBody = features.GetRequiredFeature<IRequestBodyPipeFeature>().Reader;
            var responseBody = features.GetRequiredFeature<IHttpResponseBodyFeature>().Writer;
            await RunAsync(method, requestBody, responseBody, context, faults).ConfigureAwait(false);
            return RpcStatus.Ok;
        }
        catch (CallBrokenException)
        {
            throw;
        }
        catch (Exception) when (context.End is not null && !reset.IsCancellationRequested)
        {
            return RpcStatus.From(context.End);
        }
        catch (RpcFailedException e)
        {
            return RpcStatus.From(e);
        }
        catch (Exception e) when (e is CallResetException || reset.IsCancellationRequested)
        {
            // Nobody is there to read it; the ledger does.
            return new RpcStatus(RpcStatusCode.Cancelled, "", []);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return new RpcStatus(RpcStatusCode.Unavailable, "The emulator is stopping.", []);
        }
        catch (OperationCanceledException) when (hasDeadline && cancellation.IsCancellationRequested)
        {
            return new RpcStatus(RpcStatusCode.DeadlineExceeded, $"{name} did not end within the time that grpc-timeout grants.", []);
        }
        catch (Exception e)
        {
            Log.RpcFailed(logger, e, name);
            return new RpcStatus(RpcStatusCode.Internal, $"{name} failed in the emulator: {e.GetType().Name}: {e.Message}", []);
        }
    }

    private static async Task RunAsync(RpcMethod method, PipeReader request, PipeWriter response, RpcContext context, CallFaults? faults)
    {
        if (faults is null)
        {
            await method.Body(request, response, context).ConfigureAwait(false);
            return;
        }

        var reader = faults.Receiving is { } receiving ? new BreakingReader(request, receiving) : request;
        var writer = faults.Sending is { } sending ? new BreakingWriter(response, sending) : null;
        await method.Body(reader, writer ?? response, context).ConfigureAwait(false);
        if (writer is { IsBroken: true })
        {
            throw new CallBrokenException(faults.Sending!.Rule.Break);
        }

        if (faults.Reply is { } reply && reply.TryHit())
        {
            throw new CallBrokenException(reply.Rule.Break);
        }
    }
}
