namespace Microsoft.Extensions.AI;

/// <summary>What a caller has approved and refused, taken out of its messages again: a model knows of calls and results only.</summary>
internal sealed class ToolApprovals
{
    /// <summary>The calls as the model made them, in messages such as they were in.</summary>
    public required IReadOnlyList<ChatMessage> Calls { get; init; }

    /// <summary>The calls to make now.</summary>
    public required IReadOnlyList<FunctionCallContent> Approved { get; init; }

    /// <summary>The results of calls that were refused.</summary>
    public ChatMessage? Refusals { get; init; }

    /// <summary>Where calls and results belong among the messages.</summary>
    public required int Position { get; init; }

    /// <summary>How many messages come after them.</summary>
    public required int Trailing { get; init; }

    /// <summary>Removes approval requests and responses from the messages; null if there are none.</summary>
    /// <exception cref="InvalidOperationException">A request for approval has no response.</exception>
    public static ToolApprovals? TakeFrom(List<ChatMessage> messages)
    {
        var last = messages.FindLastIndex(static message => message.Contents.Any(IsApproval));
        if (last < 0)
        {
            return null;
        }

        var contents = messages.SelectMany(static message => message.Contents).ToList();
        var responses = contents.OfType<ToolApprovalResponseContent>().Where(IsApproval).ToList();
        var unanswered = contents.OfType<ToolApprovalRequestContent>().Where(IsApproval).Select(static request => request.ToolCall.CallId)
            .Except(responses.Select(static response => response.ToolCall.CallId)).ToList();
        if (unanswered.Count > 0)
        {
            throw new InvalidOperationException(
                $"The calls '{string.Join(", ", unanswered)}' have a {nameof(ToolApprovalRequestContent)} "
                + $"but no {nameof(ToolApprovalResponseContent)}; send one for each.");
        }

        var made = contents.OfType<FunctionResultContent>().Select(static result => result.CallId).ToHashSet();
        var open = responses.Where(response => !made.Contains(response.ToolCall.CallId)).OrderBy(static response => response.Approved).ToList();
        var calls = CallMessages(open, messages);

        // What shares the last message with an approval, and all after it, comes after the results.
        var trailing = messages.Count - last - (messages[last].Contents.All(IsApproval) ? 1 : 0);
        Strip(messages);
        return new ToolApprovals
        {
            Calls = calls,
            Approved = [.. open.Where(static response => response.Approved).Select(static response => (FunctionCallContent)response.ToolCall)],
            Refusals = Refuse([.. open.Where(static response => !response.Approved)]),
            Position = messages.Count - trailing,
            Trailing = trailing,
        };
    }

    private static bool IsApproval(AIContent content) => content switch
    {
        ToolApprovalRequestContent request => FunctionCallingRequest.IsCall(request.ToolCall),
        ToolApprovalResponseContent response => FunctionCallingRequest.IsCall(response.ToolCall),
        _ => false,
    };

    private static List<ChatMessage> CallMessages(IEnumerable<ToolApprovalResponseContent> responses, List<ChatMessage> messages)
    {
        var asked = new Dictionary<string, ChatMessage>();
        foreach (var message in messages)
        {
            foreach (var request in message.Contents.OfType<ToolApprovalRequestContent>())
            {
                asked[request.RequestId] = message;
            }
        }

        return [.. responses
            .GroupBy(response => asked.GetValueOrDefault(response.RequestId)?.MessageId)
            .Select(group =>
            {
                var message = asked.GetValueOrDefault(group.First().RequestId)?.Clone() ?? new ChatMessage { Role = ChatRole.Assistant };
                message.Contents = [.. group.Select(static response => response.ToolCall)];
                return message;
            })];
    }

    private static ChatMessage? Refuse(List<ToolApprovalResponseContent> responses)
    {
        var results = new List<AIContent>();
        foreach (var response in responses)
        {
            ((FunctionCallContent)response.ToolCall).InformationalOnly = true;
            results.Add(new FunctionResultContent(response.ToolCall.CallId, $"Tool call invocation rejected. {response.Reason}".TrimEnd()));
        }

        return results.Count > 0 ? new ChatMessage(ChatRole.Tool, results) : null;
    }

    private static void Strip(List<ChatMessage> messages)
    {
        for (var index = messages.Count - 1; index >= 0; index--)
        {
            if (!messages[index].Contents.Any(IsApproval))
            {
                continue;
            }

            var rest = messages[index].Clone();
            rest.Contents = [.. messages[index].Contents.Where(static content => !IsApproval(content))];
            if (rest.Contents.Count > 0)
            {
                messages[index] = rest;
            }
            else
            {
                messages.RemoveAt(index);
            }
        }
    }
}
