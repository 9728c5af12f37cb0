using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Microsoft.Extensions.AI;

/// <summary>Calls the functions that the inner client's model asks for, and gives their results back to it, until it asks for none.</summary>
public class FunctionInvokingChatClient(
    IChatClient innerClient, ILoggerFactory? loggerFactory = null, IServiceProvider? functionInvocationServices = null)
    : DelegatingChatClient(innerClient)
{
    private static readonly AsyncLocal<FunctionInvocationContext?> Current = new();

    private int _maximumIterations = 40;
    private int _maximumConsecutiveErrors = 3;

    /// <summary>The call that the running code is part of; it flows with asynchronous calls.</summary>
    public static FunctionInvocationContext? CurrentContext
    {
        get => Current.Value;
        protected internal set => Current.Value = value;
    }

    /// <summary>Whether the model is told what an exception says. By default it is only told that the function failed.</summary>
    public bool IncludeDetailedErrors { get; set; }

    /// <summary>Whether calls that the model asks for together are made at the same time. By default they are made one after the other.</summary>
    public bool AllowConcurrentInvocation { get; set; }

    /// <summary>How often the model is asked again in one request; the last time it has no functions to ask for. 40 by default.</summary>
    public int MaximumIterationsPerRequest
    {
        get => _maximumIterations;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            _maximumIterations = value;
        }
    }

    /// <summary>How many times in a row calls may fail before the caller gets the exception. 3 by default.</summary>
    public int MaximumConsecutiveErrorsPerRequest
    {
        get => _maximumConsecutiveErrors;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _maximumConsecutiveErrors = value;
        }
    }

    /// <summary>Functions that can be called besides those of the options; the model is not told of them.</summary>
    public IList<AITool>? AdditionalTools { get; set; }

    /// <summary>Whether a call of an unknown function goes to the caller. By default the model is told that there is no such function.</summary>
    public bool TerminateOnUnknownCalls { get; set; }

    /// <summary>Takes the place of calling the function itself.</summary>
    public Func<FunctionInvocationContext, CancellationToken, ValueTask<object?>>? FunctionInvoker { get; set; }

    /// <summary>What functions find their services in.</summary>
    protected internal IServiceProvider? FunctionInvocationServices { get; } = functionInvocationServices;

    internal ILogger Logger { get; } = loggerFactory?.CreateLogger<FunctionInvokingChatClient>() ?? (ILogger)NullLogger.Instance;

    /// <inheritdoc/>
    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var request = new FunctionCallingRequest(this, messages, options, isStreaming: false);
        await request.AnswerApprovalsAsync(cancellationToken).ConfigureAwait(false);

        var response = new ChatResponse();
        UsageDetails? usage = null;
        while (!request.IsFinished)
        {
            request.Prepare();
            response = await base.GetResponseAsync(request.Messages, request.Options, cancellationToken).ConfigureAwait(false)
                ?? throw new InvalidOperationException("The inner chat client returned no response.");
            if (response.Usage is { } used)
            {
                (usage ??= new UsageDetails()).Add(used);
            }

            if (request.NeedsApproval([.. response.Messages.SelectMany(static message => message.Contents)]))
            {
                response.Messages = [.. response.Messages.Select(request.WithApprovalRequests)];
            }

            await request.AnswerAsync(response, cancellationToken).ConfigureAwait(false);
        }

        response.Messages = request.Produced;
        response.Usage = usage;
        return response;
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var request = new FunctionCallingRequest(this, messages, options, isStreaming: true);
        await request.AnswerApprovalsAsync(cancellationToken).ConfigureAwait(false);
        foreach (var message in request.Produced)
        {
            yield return request.ToUpdate(message);
        }

        while (!request.IsFinished)
        {
            request.Prepare();
            var updates = new List<ChatResponseUpdate>();
            var streamed = 0;
            await foreach (var update in base.GetStreamingResponseAsync(request.Messages, request.Options, cancellationToken).ConfigureAwait(false))
            {
                // From the first call on all is held back: whether calls need approval, or have a result already, is known at the end.
                updates.Add(update);
                if (streamed == updates.Count - 1 && !update.Contents.Any(FunctionCallingRequest.IsCall))
                {
                    streamed++;
                    yield return update;
                }
            }

            var needsApproval = request.NeedsApproval([.. updates.SelectMany(static update => update.Contents)]);
            foreach (var update in updates.Skip(streamed))
            {
                update.Contents = needsApproval ? request.WithApprovalRequests(update.Contents) : update.Contents;
                yield return update;
            }

            var response = updates.ToChatResponse();
            if (await request.AnswerAsync(response, cancellationToken).ConfigureAwait(false) is { } results)
            {
                yield return request.ToUpdate(results);
            }
        }
    }

    /// <summary>Calls a function, through <see cref="FunctionInvoker"/> if that is set.</summary>
    protected internal virtual ValueTask<object?> InvokeFunctionAsync(FunctionInvocationContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        return FunctionInvoker is { } invoker
            ? invoker(context, cancellationToken)
            : context.Function.InvokeAsync(context.Arguments, cancellationToken);
    }
}
