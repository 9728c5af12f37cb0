using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;

namespace Quickstart;

/// <summary>
/// Stands in for a model where there is none. It has a plan, not a script of answers: it writes a program that has a mistake in it, and what it does next
/// depends on what the sandbox answered. Other results would have it say something else.
/// </summary>
internal sealed partial class PlannedChatClient : IChatClient
{
    /// <summary>The file that the sandbox starts with.</summary>
    public const string Orders =
        """
        region,amount
        north,120
        south,80
        north,30
        west,45
        south,5

        """;

    private const string ProgramPath = "/app/revenue.sh";
    private const string OutputPath = "/app/revenue.txt";

    // The mistake: the program is called 'sort'.
    private const string ProgramText =
        """
        set -e
        awk -F, 'NR > 1 { sum[$1] += $2 } END { for (region in sum) print region, sum[region] }' /app/orders.csv > /tmp/unsorted
        srot -k2 -n -r /tmp/unsorted > /app/revenue.txt
        echo "wrote $(wc -l < /app/revenue.txt) lines"

        """;

    private int _nextCall;

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var contents = messages.SelectMany(static message => message.Contents).ToList();
        var call = contents.OfType<FunctionCallContent>().LastOrDefault();
        var result = contents.OfType<FunctionResultContent>().LastOrDefault() is { } last ? TextOf(last.Result) : "";
        AIContent next = call?.Name switch
        {
            null => Call("write", ("file_path", ProgramPath), ("content", ProgramText)),
            "write" => Run(),
            "edit" => Run(),
            "bash" when ExitCode().Match(result) is { Success: true, Groups: [_, { Value: "0" }] } => Call("read", ("file_path", OutputPath)),
            "bash" when MissingProgram().Match(result) is { Success: true } missing && Mend(missing.Groups[1].Value) is { } mended =>
                Call("edit", ("file_path", ProgramPath), ("old_string", missing.Groups[1].Value), ("new_string", mended)),
            "read" when Total().Matches(result) is { Count: > 0 } totals => Say(
                $"Revenue by region, highest first: {string.Join(", ", totals.Select(static total => $"{total.Groups[1].Value} {total.Groups[2].Value}"))}."),
            _ => Say($"I got stuck: {call.Name} answered:\n{result}"),
        };
        return Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, [next])));
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

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose()
    {
    }

    private static TextContent Say(string text) => new(text);

    private static string TextOf(object? result) => result is JsonElement { ValueKind: JsonValueKind.String } text ? text.GetString()! : result?.ToString() ?? "";

    /// <summary>The program that a misspelled name was meant to be: the one with the same letters.</summary>
    private static string? Mend(string name) => Array.Find(["awk", "cat", "grep", "sed", "sort", "wc"], known => known.Order().SequenceEqual(name.Order()));

    private FunctionCallContent Run() => Call("bash", ("command", $"sh {ProgramPath}"));

    private FunctionCallContent Call(string name, params (string Name, string Value)[] arguments) =>
        new($"call-{++_nextCall}", name, arguments.ToDictionary(static argument => argument.Name, static argument => (object?)argument.Value));

    [GeneratedRegex(@"exit code:? (\d+)", RegexOptions.IgnoreCase)]
    private static partial Regex ExitCode();

    [GeneratedRegex(@"(\w+): (?:command )?not found")]
    private static partial Regex MissingProgram();

    [GeneratedRegex(@"^\s*\d+\s+(\w+) (\d+)\s*$", RegexOptions.Multiline)]
    private static partial Regex Total();
}
