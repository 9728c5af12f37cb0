using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;
using Xunit.Abstractions;

namespace ModalAI.Tests.Tools.Failures;

/// <summary>Runs cases through the loop that calls functions, with its default settings, and judges what came of them. Thread-safe.</summary>
internal sealed class FailureReport
{
    /// <summary>How many of those that can be mended have to be.</summary>
    private const double LeastRecovered = 0.95;

    /// <summary>What no text for a model may hold: the client's credentials, the emulator's own files, and the insides of exceptions.</summary>
    private static readonly Regex Forbidden = new(@"as-test|s3cret-value|modalai-tests-|\n   at |[a-z]Exception\b|ModalClientOptions|PollAsync", RegexOptions.CultureInvariant);

    private readonly ConcurrentQueue<(FailureCase Case, MechanicalAgent Agent)> _recoverable = [];
    private readonly ConcurrentDictionary<string, bool> _reached = [];
    private readonly ConcurrentQueue<string> _wrong = [];
    private readonly ConcurrentQueue<FailureOutcome> _outcomes = [];

    /// <summary>Runs one case.</summary>
    /// <param name="failure">The case.</param>
    /// <param name="call">Its call.</param>
    /// <param name="build">Puts a sandbox and its tools around the loop.</param>
    /// <param name="options">Brings the tools, unless they come with the sandbox.</param>
    /// <param name="cancellationToken">Cancels the response.</param>
    public async Task RunAsync(
        FailureCase failure, AgentCall call, Func<IChatClient, IChatClient> build, ChatOptions options, CancellationToken cancellationToken)
    {
        var agent = new MechanicalAgent(call);
        _outcomes.Enqueue(failure.Outcome);
        try
        {
            using var client = build(agent.AsBuilder().UseFunctionInvocation().Build());
            var response = await client.GetResponseAsync("go", options, cancellationToken);
            var results = response.Messages.SelectMany(static message => message.Contents).OfType<FunctionResultContent>().ToList();
            if (FindProblem(failure, agent, results) is { } problem)
            {
                Tell(problem);
            }
        }
        catch (OperationCanceledException) when (failure.Outcome == FailureOutcome.Cancelled)
        {
        }
        catch (Exception exception)
        {
            Tell($"{exception.GetType().Name} reached the application: {exception.Message}");
        }

        if (failure.Outcome == FailureOutcome.Recovers)
        {
            _recoverable.Enqueue((failure, agent));
        }

        void Tell(string problem) => _wrong.Enqueue($"{failure.Id}: {problem}\n  {string.Join("\n  ", agent.Story)}");
    }

    /// <summary>Notes what was wrong with the test itself.</summary>
    public void Require(FailureCase failure, bool isMet, string problem)
    {
        if (!isMet)
        {
            _wrong.Enqueue($"{failure.Id}: {problem}");
        }
    }

    /// <summary>Notes whether a case that has a goal in its sandbox has reached it.</summary>
    public void Note(FailureCase failure, bool isReached) => _reached[failure.Id] = isReached;

    /// <summary>Fails unless every case went as it has to, and enough were mended.</summary>
    public void Check(ITestOutputHelper output)
    {
        var lost = _recoverable.Where(item => !IsRecovered(item.Case, item.Agent)).ToList();
        output.WriteLine($"{_outcomes.Count} cases: {string.Join(", ", _outcomes.GroupBy(static outcome => outcome).Select(static group => $"{group.Count()} {group.Key}"))}");
        if (!_recoverable.IsEmpty)
        {
            output.WriteLine($"recovered {_recoverable.Count - lost.Count} of {_recoverable.Count}");
        }

        var lines = lost.Select(static item => $"{item.Case.Id}: not recovered\n  {string.Join("\n  ", item.Agent.Story)}").ToList();
        lines.ForEach(output.WriteLine);
        Assert.True(_wrong.IsEmpty, $"{_wrong.Count} went wrong:\n{string.Join("\n", _wrong)}");
        Assert.True(
            lost.Count <= _recoverable.Count * (1 - LeastRecovered), $"Of {_recoverable.Count} that can be mended, {lost.Count} were not:\n{string.Join("\n", lines)}");
    }

    private bool IsRecovered(FailureCase failure, MechanicalAgent agent) =>
        _reached.GetValueOrDefault(failure.Id, true)
        && agent.Answers is { Count: > 1 }
        && (failure.Sees is { } sees ? agent.Answers.Skip(1).Any(answer => answer.Contains(sees, StringComparison.Ordinal)) : failure.Goal is not null || !IsError(agent.Answers[^1]));

    private static string? FindProblem(FailureCase failure, MechanicalAgent agent, List<FunctionResultContent> results)
    {
        var exception = results.Find(static result => result.Exception is not null)?.Exception;
        var first = agent.Answers.FirstOrDefault() ?? "";
        var said = failure.Outcome == FailureOutcome.Operator ? exception?.Message ?? "" : first;
        return (failure.Outcome, exception) switch
        {
            (FailureOutcome.Operator, null) => "no exception reached the loop",
            (FailureOutcome.Cancelled, _) => "was not cancelled",
            (not FailureOutcome.Operator, { } unexpected) => $"an exception reached the loop: {unexpected.GetType().Name}: {unexpected.Message}",
            _ when !said.Contains(failure.Says, StringComparison.Ordinal) => $"does not say '{failure.Says}'",
            (FailureOutcome.Unnoticed, _) when IsError(first) || !first.Contains(failure.Sees ?? "", StringComparison.Ordinal) => $"does not succeed with '{failure.Sees}'",
            _ => agent.Answers.Select(FindProblem).FirstOrDefault(static problem => problem is not null),
        };
    }

    /// <summary>What is wrong with a text; null where nothing is.</summary>
    private static string? FindProblem(string text) =>
        IsError(text) && text.Length > 600 + (text.StartsWith("Note: ", StringComparison.Ordinal) ? 600 : 0) ? $"an error of {text.Length} characters"
        : !IsError(text) && text.StartsWith("exit code", StringComparison.Ordinal) && text.Split('\n')[0].Length > 600 ? "a status that is too long"
        : IsError(text) && Forbidden.Match(text) is { Success: true } match ? $"shows '{match.Value}'"
        : IsError(text) && text.EndsWith('…') ? "an error that was cut"
        : null;

    private static bool IsError(string text) => Regex.IsMatch(text, @"\A(?:Note: [^\n]*\n)?Error: ");
}
