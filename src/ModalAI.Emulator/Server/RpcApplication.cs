using System.IO.Pipelines;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace ModalAI.Emulator.Server;

/// <summary>Turns HTTP/2 requests into RPCs: finds the method, keeps its time, and ends it with a status in the trailers.</summary>
internal sealed class RpcApplication(
    IReadOnlyList<RpcService> services, TimeSpan delayPerRpc, EmulatorLedger ledger, ILogger logger, CancellationToken stopping)
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
        try
        {
            status = await RunAsync(name, request, recording, context).ConfigureAwait(false);
            status.WriteTo(context.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers);
        }
        finally
        {
            ledger.RpcEnded(record, status.Code);
        }
    }

    private async Task<RpcStatus> RunAsync(string name, IHttpRequestFeature request, RequestRecording? recording, IFeatureCollection features)
    {
        var reset = features.GetRequiredFeature<IHttpRequestLifetimeFeature>().RequestAborted;
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(reset, stopping);
        var hasDeadline = false;
        try
        {
            if (RpcTimeout.Parse(request.Headers["grpc-timeout"]) is { } timeout)
            {
                hasDeadline = true;
                cancellation.CancelAfter(timeout);
            }

            if (delayPerRpc > TimeSpan.Zero)
            {
                await Task.Delay(delayPerRpc, cancellation.Token).ConfigureAwait(false);
            }

            if (!_methods.TryGetValue(request.Path, out var method))
            {
                return new RpcStatus(RpcStatusCode.Unimplemented, $"The emulator does not serve {name}.", []);
            }

            var context = new RpcContext(name, request.Headers, recording, cancellation.Token);
            method.Authenticate(context);
            var requestBody = features.GetRequiredFeature<IRequestBodyPipeFeature>().Reader;
            var responseBody = features.GetRequiredFeature<IHttpResponseBodyFeature>().Writer;
            await method.Body(requestBody, responseBody, context).ConfigureAwait(false);
            return RpcStatus.Ok;
        }
        catch (RpcFailedException e)
        {
            return RpcStatus.From(e);
        }
        catch (Exception) when (reset.IsCancellationRequested)
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
}
