using Microsoft.Extensions.AI;

namespace ModalAI;

/// <summary>Gives consent in the place of a person, to calls that need none of one.</summary>
/// <remarks>
/// <para>
/// A function-calling chat client asks for all calls of a response when one of them needs consent, so that also those that only read come as requests. This leaves
/// the rest to a person:
/// </para>
/// <code>
/// var rule = ModalToolApprovalRules.ReadOnly(options.Tools);
/// var response = await client.GetResponseAsync(messages, options);
/// messages.AddMessages(response);
/// List&lt;AIContent&gt; answers = [.. response.ApproveBy(rule, out var unanswered)];
/// foreach (var request in unanswered)
/// {
///     answers.Add(request.CreateResponse(await AskAsync(request.ToolCall)));
/// }
///
/// messages.Add(new ChatMessage(ChatRole.User, answers));
/// </code>
/// <para>
/// Microsoft's Agent Framework takes such a rule as <c>ToolApprovalAgentOptions.AutoApprovalRules = [context => ValueTask.FromResult(rule(context.FunctionCallContent))]</c>.
/// </para>
/// </remarks>
public static class ModalToolApprovalRules
{
    /// <summary>
    /// Approves calls of functions of <see cref="ModalSandboxTools"/> that change nothing. A call has nothing but a name, so it is approved only where exactly one
    /// of the tools has that name: no other tool is ever approved for being called as one of those.
    /// </summary>
    /// <param name="tools">
    /// All tools that the model can call, wrapped as they may be, also those that are added on the way to it. Those that a list gets later are not known.
    /// </param>
    public static Func<FunctionCallContent, bool> ReadOnly(IEnumerable<AITool> tools)
    {
        ArgumentNullException.ThrowIfNull(tools);
        var approved = tools
            .GroupBy(static tool => tool.Name, StringComparer.Ordinal)
            .Where(static group => group.Count() == 1 && group.Single().GetService<ModalSandboxToolInfo>() is { IsReadOnly: true })
            .Select(static group => group.Key)
            .ToHashSet(StringComparer.Ordinal);
        return call =>
        {
            ArgumentNullException.ThrowIfNull(call);
            return approved.Contains(call.Name);
        };
    }

    /// <summary>Answers those requests of a response that a rule approves.</summary>
    /// <param name="response">The response of a function-calling chat client.</param>
    /// <param name="rule">Says which calls are approved.</param>
    /// <param name="unanswered">The other requests, which a person has to answer: the client takes none for refused.</param>
    /// <returns>The answers, to be sent with those of the person in a message of the user.</returns>
    public static IReadOnlyList<ToolApprovalResponseContent> ApproveBy(
        this ChatResponse response, Func<FunctionCallContent, bool> rule, out IReadOnlyList<ToolApprovalRequestContent> unanswered)
    {
        ArgumentNullException.ThrowIfNull(response);
        ArgumentNullException.ThrowIfNull(rule);
        var requests = response.Messages.SelectMany(static message => message.Contents).OfType<ToolApprovalRequestContent>()
            .ToLookup(request => request.ToolCall is FunctionCallContent call && rule(call));
        unanswered = [.. requests[false]];
        return [.. requests[true].Select(static request => request.CreateResponse(approved: true))];
    }
}
