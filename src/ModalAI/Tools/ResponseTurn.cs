using Microsoft.Extensions.AI;

namespace ModalAI.Tools;

/// <summary>
/// One response and its lease, which ends with it; or is held, where the response came to its end and asked for consent to call functions.
/// </summary>
/// <param name="held">Holds it.</param>
/// <param name="lease">The lease.</param>
/// <param name="key">Whose sandbox it uses; null for nobody's in particular.</param>
internal sealed class ResponseTurn(HeldResponses held, ResponseLease lease, string? key) : IAsyncDisposable
{
    private string? _mark;
    private bool _isComplete;

    public ResponseLease Lease => lease;

    /// <summary>Id of the sandbox that the model worked in until it asked for consent, when that came too late; null where nothing was lost.</summary>
    public string? LostSandbox { get; init; }

    /// <summary>The response came to its end.</summary>
    public void Complete() => _isComplete = true;

    /// <summary>Marks the requests of a response.</summary>
    public void Mark(ChatResponse response)
    {
        for (var i = 0; i < response.Messages.Count; i++)
        {
            if (Mark(response.Messages[i].Contents) is { } contents)
            {
                response.Messages[i] = response.Messages[i].Clone();
                response.Messages[i].Contents = contents;
            }
        }
    }

    /// <summary>The update, with its requests marked.</summary>
    public ChatResponseUpdate Mark(ChatResponseUpdate update)
    {
        if (Mark(update.Contents) is { } contents)
        {
            update = update.Clone();
            update.Contents = contents;
        }

        return update;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_isComplete || _mark is null || !held.TryHold(_mark, key, lease))
        {
            await lease.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>The same contents with requests that are marked; null where there are none. Those of services' own tools are the services'.</summary>
    private List<AIContent>? Mark(IList<AIContent> contents)
    {
        List<AIContent>? marked = null;
        for (var i = 0; i < contents.Count; i++)
        {
            if (contents[i] is ToolApprovalRequestContent { ToolCall: FunctionCallContent { InformationalOnly: false } } request)
            {
                _mark ??= HeldResponses.NewMark();
                marked ??= [.. contents];
                marked[i] = new ToolApprovalRequestContent(HeldResponses.Mark(request.RequestId, _mark), request.ToolCall)
                {
#pragma warning disable MEAI001 // Experimental, but function-calling clients set it all the same.
                    RequiresConfirmation = request.RequiresConfirmation,
#pragma warning restore MEAI001
                    Annotations = request.Annotations,
                    AdditionalProperties = request.AdditionalProperties,
                    RawRepresentation = request.RawRepresentation,
                };
            }
        }

        return marked;
    }
}
