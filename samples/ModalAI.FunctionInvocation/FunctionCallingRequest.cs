using System.Runtime.ExceptionServices;

namespace Microsoft.Extensions.AI;

/// <summary>
/// One request of a caller on its way through a <see cref="FunctionInvokingChatClient"/>, and all the requests to the model that it takes.
/// </summary>
internal sealed class FunctionCallingRequest(
    FunctionInvokingChatClient client, IEnumerable<ChatMessage> messages, ChatOptions? options, bool isStreaming)
{
    private readonly List<ChatMessage> _original = [.. messages];
    private readonly string _toolMessageId = Guid.NewGuid().ToString("N");
    private List<ChatMessage>? _history;
    private bool _historyIsKeptByTheService;
    private int _iteration;
    private int _consecutiveErrors;

    /// <summary>What to send to the model next.</summary>
    public List<ChatMessage> Messages => _history ?? _original;

    public ChatOptions? Options { get; private set; } = options;

    /// <summary>All messages that the caller gets.</summary>
    public List<ChatMessage> Produced { get; } = [];

    public bool IsFinished { get; private set; }

    public static bool IsCall(AIContent content) => content is FunctionCallContent { InformationalOnly: false };

    /// <summary>Acts on the approvals and refusals that the caller has sent.</summary>
    public async Task AnswerApprovalsAsync(CancellationToken cancellationToken)
    {
        if (ToolApprovals.TakeFrom(_original) is not { } approvals)
        {
            return;
        }

        Produced.AddRange(approvals.Calls);
        var answers = new List<ChatMessage>();
        if (approvals.Refusals is { } refusals)
        {
            answers.Add(refusals);
        }

        // A service that keeps the conversation has the calls already.
        _original.InsertRange(
            approvals.Position, [.. string.IsNullOrWhiteSpace(Options?.ConversationId) ? approvals.Calls : [], .. answers]);
        Produced.AddRange(answers);
        if (approvals.Approved.Count > 0)
        {
            var results = await InvokeAsync(approvals.Approved, cancellationToken).ConfigureAwait(false);
            var last = _original.Count - approvals.Trailing;
            _original.Insert(last, results);
            Produced.Add(results);
        }
    }

    /// <summary>Gets ready to ask the model; when it may not ask for calls any more, it is not told of functions either.</summary>
    public void Prepare()
    {
        if (_iteration >= client.MaximumIterationsPerRequest
            && Options?.Tools is { } tools
            && tools.Any(static tool => tool is AIFunctionDeclaration))
        {
            var others = tools.Where(static tool => tool is not AIFunctionDeclaration).ToList();
            Options = Options.Clone();
            Options.Tools = others.Count > 0 ? others : null;
            Options.ToolMode = others.Count > 0 ? Options.ToolMode : null;
        }
    }

    /// <summary>Whether any call in a response needs approval, and so all of them; calls that the service has made itself are out of it.</summary>
    public bool NeedsApproval(IReadOnlyList<AIContent> contents)
    {
        var answered = contents.OfType<FunctionResultContent>().Select(static result => result.CallId).ToHashSet();
        foreach (var call in contents.OfType<FunctionCallContent>().Where(call => answered.Contains(call.CallId)))
        {
            call.InformationalOnly = true;
        }

        return contents.Where(IsCall).Any(call => NeedsApproval((FunctionCallContent)call));
    }

    public ChatMessage WithApprovalRequests(ChatMessage message)
    {
        var copy = message.Clone();
        copy.Contents = WithApprovalRequests(message.Contents);
        return copy;
    }

    public IList<AIContent> WithApprovalRequests(IList<AIContent> contents) =>
        [.. contents.Select(content => content is FunctionCallContent { InformationalOnly: false } call ? AskApproval(call) : content)];

    /// <summary>Makes the calls that a response asks for and gives the message with their results; without any, the request is finished.</summary>
    public async Task<ChatMessage?> AnswerAsync(ChatResponse response, CancellationToken cancellationToken)
    {
        Produced.AddRange(response.Messages);
        var calls = response.Messages.SelectMany(static message => message.Contents).Where(IsCall).Cast<FunctionCallContent>().ToList();
        if (calls.Count == 0 || _iteration >= client.MaximumIterationsPerRequest || calls.Any(IsTheCallers))
        {
            IsFinished = true;
            return null;
        }

        Remember(response);
        var results = await InvokeAsync(calls, cancellationToken).ConfigureAwait(false);
        Messages.Add(results);
        Produced.Add(results);
        Continue(response.ConversationId);
        return results;
    }

    public ChatResponseUpdate ToUpdate(ChatMessage message) => new(message.Role, message.Contents)
    {
        AdditionalProperties = message.AdditionalProperties,
        AuthorName = message.AuthorName,
        ConversationId = Options?.ConversationId,
        CreatedAt = DateTimeOffset.UtcNow,
        MessageId = message.MessageId ?? _toolMessageId,
        RawRepresentation = message.RawRepresentation,
        ResponseId = message.MessageId ?? _toolMessageId,
    };

    private ToolApprovalRequestContent AskApproval(FunctionCallContent call) => new($"ficc_{call.CallId}", call)
    {
#pragma warning disable MEAI001 // Experimental, but the package sets it all the same.
        RequiresConfirmation = NeedsApproval(call),
#pragma warning restore MEAI001
    };

    private AITool? Find(string name) =>
        (Options?.Tools ?? []).Concat(client.AdditionalTools ?? []).FirstOrDefault(tool => tool is AIFunctionDeclaration && tool.Name == name);

    private bool NeedsApproval(FunctionCallContent call) =>
        (Options?.Tools ?? []).Concat(client.AdditionalTools ?? [])
            .Any(tool => tool.Name == call.Name && tool.GetService<ApprovalRequiredAIFunction>() is not null);

    private bool IsTheCallers(FunctionCallContent call) => Find(call.Name) is { } tool ? tool is not AIFunction : client.TerminateOnUnknownCalls;

    private void Remember(ChatResponse response)
    {
        if (response.ConversationId is not null)
        {
            _history = [];
            _historyIsKeptByTheService = true;
        }
        else if (_historyIsKeptByTheService)
        {
            _history = [.. _original, .. Produced];
            _historyIsKeptByTheService = false;
        }
        else
        {
            _history ??= [.. _original];
            _history.AddRange(response.Messages);
        }
    }

    private void Continue(string? conversationId)
    {
        _iteration++;
        var isRequired = Options?.ToolMode is RequiredChatToolMode;
        if (isRequired || Options?.ConversationId != conversationId)
        {
            // A model that must call a function would never come to an end.
            Options = Options?.Clone() ?? new ChatOptions();
            Options.ToolMode = isRequired ? null : Options.ToolMode;
            Options.ConversationId = conversationId;
        }
    }

    private async Task<ChatMessage> InvokeAsync(IReadOnlyList<FunctionCallContent> calls, CancellationToken cancellationToken)
    {
        var results = new List<FunctionResultContent>(calls.Count);
        if (client.AllowConcurrentInvocation && calls.Count > 1)
        {
            results.AddRange(await Task.WhenAll(
                calls.Select((call, index) => InvokeAsync(call, index, calls.Count, captures: true, cancellationToken))).ConfigureAwait(false));
        }
        else
        {
            var captures = _consecutiveErrors < client.MaximumConsecutiveErrorsPerRequest;
            for (var index = 0; index < calls.Count && !IsFinished; index++)
            {
                results.Add(await InvokeAsync(calls[index], index, calls.Count, captures, cancellationToken).ConfigureAwait(false));
            }
        }

        // Another client of this kind further out must not make them again.
        foreach (var call in calls.Take(results.Count))
        {
            call.InformationalOnly = true;
        }

        CountErrors([.. results.Select(static result => result.Exception).OfType<Exception>()]);
        return new ChatMessage(ChatRole.Tool, [.. results]);
    }

    private async Task<FunctionResultContent> InvokeAsync(
        FunctionCallContent call, int index, int count, bool captures, CancellationToken cancellationToken)
    {
        if (Find(call.Name) is not AIFunction function)
        {
            return new FunctionResultContent(call.CallId, $"Error: Requested function \"{call.Name}\" not found.");
        }

        var context = new FunctionInvocationContext
        {
            Function = function,
            Arguments = new AIFunctionArguments(call.Arguments) { Services = client.FunctionInvocationServices },
            CallContent = call,
            Messages = Messages,
            Options = Options,
            Iteration = _iteration,
            FunctionCallIndex = index,
            FunctionCount = count,
            IsStreaming = isStreaming,
        };
        FunctionInvokingChatClient.CurrentContext = context;
        try
        {
            Log.Invoking(client.Logger, call.Name);
            var result = await client.InvokeFunctionAsync(context, cancellationToken).ConfigureAwait(false);
            if (context.Terminate)
            {
                IsFinished = true;
            }

            return result is FunctionResultContent complete && complete.CallId == call.CallId
                ? complete
                : new FunctionResultContent(call.CallId, result ?? "Success: Function completed.");
        }
        catch (Exception exception) when (captures && !cancellationToken.IsCancellationRequested)
        {
            Log.Failed(client.Logger, call.Name, exception);
            var detail = client.IncludeDetailedErrors ? $" Exception: {exception.Message}" : "";
            return new FunctionResultContent(call.CallId, $"Error: Function failed.{detail}") { Exception = exception };
        }
        finally
        {
            FunctionInvokingChatClient.CurrentContext = null;
        }
    }

    private void CountErrors(Exception[] exceptions)
    {
        _consecutiveErrors = exceptions.Length > 0 ? _consecutiveErrors + 1 : 0;
        if (_consecutiveErrors > client.MaximumConsecutiveErrorsPerRequest)
        {
            if (exceptions is [var only])
            {
                ExceptionDispatchInfo.Throw(only);
            }

            throw new AggregateException(exceptions);
        }
    }
}
