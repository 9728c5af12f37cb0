using System.Text.Json;
using Microsoft.Extensions.AI;
using ModalAI.Tests.FunctionInvocation;

namespace ModalAI.Tests.Tools.Failures;

/// <summary>
/// An agent without a model: makes a call, and then what the text of each answer says to do next, as far as its rules find that there. It knows the functions by
/// their schemas, what usual programs are called with, and nothing of the cases.
/// </summary>
internal sealed class MechanicalAgent(AgentCall first) : IChatClient
{
    /// <summary>The first one and those that follow from answers.</summary>
    private const int MaxCalls = 4;

    private readonly Queue<Func<string, AgentCall?>> _plan = [];
    private readonly List<AgentCall> _calls = [];

    /// <summary>What its calls were, and what was answered, for those who read of a failed test.</summary>
    public List<string> Story { get; } = [];

    /// <summary>The answers.</summary>
    public List<string> Answers { get; } = [];

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var tools = new AgentTools(options?.Tools ?? []);
        var result = messages.Last().Contents.OfType<FunctionResultContent>().LastOrDefault();
        if (result is not null)
        {
            Answers.Add(Text(result.Result));
            Story.Add($"  -> {Shorten(Answers[^1])}");
        }

        var next = result is null ? first : _calls.Count < MaxCalls ? Next(tools) : null;
        if (next is null)
        {
            return Task.FromResult(ScriptedChatClient.Says("That is all."));
        }

        _calls.Add(next);
        Story.Add($"{next.Tool}({Shorten(string.Join(", ", next.Arguments.Select(static argument => $"{argument.Key}: {(argument.Value is JsonElement json ? json.GetRawText() : argument.Value)}")))})");
        return Task.FromResult(ScriptedChatClient.Calls(
            ScriptedChatClient.Call($"{_calls.Count}", next.Tool, [.. next.Arguments.Select(static argument => (argument.Key, argument.Value))])));
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var update in (await GetResponseAsync(messages, options, cancellationToken)).ToChatResponseUpdates())
        {
            yield return update;
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }

    private AgentCall? Next(AgentTools tools)
    {
        if (_plan.TryDequeue(out var step))
        {
            return step(Answers[^1]);
        }

        return AgentRules.Next(_calls[^1], Answers[^1], tools, _plan);
    }

    private static string Text(object? result) => result switch
    {
        string text => text,
        IEnumerable<AIContent> contents => string.Join("\n", contents.Select(static content => content is DataContent data ? data.MediaType : content.ToString())),
        _ => $"{result}",
    };

    private static string Shorten(string text) => (text.Length <= 700 ? text : $"{text[..700]}…").ReplaceLineEndings("¶");
}
