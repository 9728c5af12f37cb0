using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace ModalAI.Emulator.Control;

/// <summary>
/// Answers the control endpoint. A web page must not drive it: requests that a browser sends for one say so in Origin or Sec-Fetch-Site, and a name that was bent to
/// this address shows in Host.
/// </summary>
internal sealed class ControlApplication(ModalEmulatorFaults faults, ModalEmulatorLedger ledger) : IHttpApplication<IFeatureCollection>
{
    private const int DefaultRpcs = 1000;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = JsonNumberHandling.Strict,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter() },
    };

    public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

    public void DisposeContext(IFeatureCollection context, Exception? exception)
    {
        // Nothing is held for a request.
    }

    public async Task ProcessRequestAsync(IFeatureCollection context)
    {
        var request = context.GetRequiredFeature<IHttpRequestFeature>();
        var aborted = context.GetRequiredFeature<IHttpRequestLifetimeFeature>().RequestAborted;
        int status;
        object? answer;
        try
        {
            (status, answer) = Refusal(request) is { } refusal ? (StatusCodes.Status403Forbidden, Problem(refusal)) : await AnswerAsync(request, aborted).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ArgumentException or JsonException or InvalidOperationException)
        {
            (status, answer) = (StatusCodes.Status400BadRequest, Problem(e.Message));
        }
        catch (BadHttpRequestException e)
        {
            (status, answer) = (e.StatusCode, Problem(e.Message));
        }

        var response = context.GetRequiredFeature<IHttpResponseFeature>();
        response.StatusCode = status;
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        if (answer is not null)
        {
            var bytes = JsonSerializer.SerializeToUtf8Bytes(answer, Json);
            response.Headers.ContentType = "application/json";
            response.Headers.ContentLength = bytes.Length;
            await context.GetRequiredFeature<IHttpResponseBodyFeature>().Stream.WriteAsync(bytes, aborted).ConfigureAwait(false);
        }
    }

    /// <summary>Why a request is not this computer's own user's; null where it is.</summary>
    private static string? Refusal(IHttpRequestFeature request)
    {
        var host = new HostString(request.Headers.Host.ToString()).Host;
        if (host is not ("127.0.0.1" or "localhost"))
        {
            return "The request is for another host: the control endpoint is 127.0.0.1 or localhost.";
        }

        if (request.Headers.Origin.Count > 0 || request.Headers.ContainsKey("Sec-Fetch-Site"))
        {
            return "The request comes from a web page: the control endpoint is for programs.";
        }

        var takesBody = request.Method is not ("GET" or "DELETE");
        return takesBody && request.Headers.ContentType.ToString().Split(';')[0].Trim() != "application/json"
            ? "The request's content type must be application/json."
            : null;
    }

    private static object Problem(string error) => new { error };

    private async Task<(int Status, object? Answer)> AnswerAsync(IHttpRequestFeature request, CancellationToken cancellationToken)
    {
        var path = request.Path.Trim('/').Split('/');
        switch ((request.Method, path))
        {
            case ("GET", ["faults"]):
                return (StatusCodes.Status200OK, faults.Active.Select(ControlFault.From));
            case ("POST", ["faults"]):
                var rule = await JsonSerializer.DeserializeAsync<ControlFault>(request.Body, Json, cancellationToken).ConfigureAwait(false)
                    ?? throw new ArgumentException("The body is null; a rule is expected.", nameof(request));
                return (StatusCodes.Status201Created, ControlFault.From(faults.Add(rule.ToRule())));
            case ("GET", ["faults", var id]) when Find(id) is { } fault:
                return (StatusCodes.Status200OK, ControlFault.From(fault));
            case ("DELETE", ["faults", var id]) when Find(id) is { } fault:
                fault.Dispose();
                return (StatusCodes.Status200OK, ControlFault.From(fault));
            case ("DELETE", ["faults"]):
                faults.Clear();
                return (StatusCodes.Status204NoContent, null);
            case ("POST", ["tokens", "auth", "rotate"]):
                faults.RotateAuthTokens();
                return (StatusCodes.Status204NoContent, null);
            case ("POST", ["tokens", "router", "rotate"]):
                faults.RotateRouterTokens();
                return (StatusCodes.Status204NoContent, null);
            case ("POST", ["router", "move"]):
                await faults.MoveRouterAsync(cancellationToken).ConfigureAwait(false);
                return (StatusCodes.Status204NoContent, null);
            case ("POST", ["sandboxes", var id, "kill"]):
                await faults.KillSandboxAsync(id, cancellationToken).ConfigureAwait(false);
                return (StatusCodes.Status204NoContent, null);
            case ("GET", ["ledger"]):
                return (StatusCodes.Status200OK, ReadLedger());
            default:
                return (StatusCodes.Status404NotFound, Problem($"There is nothing at {request.Method} {request.Path}; the emulator's README lists what there is."));
        }
    }

    private ModalEmulatorFault? Find(string id) => faults.Active.FirstOrDefault(fault => fault.Id == id);

    private object ReadLedger() => new
    {
        ledger.RpcCounts,
        ledger.RunningRpcs,
        Rpcs = ledger.Rpcs.TakeLast(DefaultRpcs).Select(rpc => new
        {
            rpc.Name,
            Status = rpc.Status?.ToString(),
            StartedSeconds = rpc.StartedAt.TotalSeconds,
            EndedSeconds = rpc.EndedAt?.TotalSeconds,
        }),
        ledger.Sandboxes,
        ledger.Processes,
        AcceptedFeatures = ledger.AcceptedFeatures.Select(accepted => new { Feature = accepted.Feature.ToString(), accepted.What }),
    };
}
