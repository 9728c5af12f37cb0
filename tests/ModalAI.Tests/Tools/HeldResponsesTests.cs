using Microsoft.Extensions.AI;
using ModalAI.TestSupport;
using ModalAI.Tools;
using static ModalAI.Tests.FunctionInvocation.ScriptedChatClient;

namespace ModalAI.Tests.Tools;

public sealed class HeldResponsesTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(10);

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task Begin_WithTheAnswer_TakesTheLeaseOnce()
    {
        using var held = new HeldResponses(Timeout, _time);
        var lease = NewLease();
        var answer = await HoldAsync(held, lease);

        var turns = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Begin(held, answer))));

        Assert.Single(turns, turn => turn.Lease == lease);
        Assert.Empty(_time.Waiting);
        foreach (var turn in turns)
        {
            await turn.DisposeAsync();
        }
    }

    [Fact]
    public async Task Begin_OfAnotherKeyOrWithAnotherAnswer_LeavesTheLease()
    {
        using var held = new HeldResponses(Timeout, _time);
        var lease = NewLease();
        var answer = await HoldAsync(held, lease, "customer-1");

        Assert.NotSame(lease, Begin(held, answer).Lease);
        Assert.NotSame(lease, Begin(held, answer, "customer-2").Lease);
        Assert.NotSame(lease, Begin(held, new ToolApprovalResponseContent("ficc_1", true, Call("1", "bash")), "customer-1").Lease);
        Assert.Same(lease, Begin(held, answer, "customer-1").Lease);
    }

    [Fact]
    public async Task Begin_AnswerThatWentThroughSeveralClients_FindsTheLeaseOfEach()
    {
        using var inner = new HeldResponses(Timeout, _time);
        using var outer = new HeldResponses(Timeout, _time);
        var (innerLease, outerLease) = (NewLease(), NewLease());
        var answer = await HoldAsync(inner, innerLease);
        answer = await HoldAsync(outer, outerLease, request: new ToolApprovalRequestContent(answer.RequestId, answer.ToolCall));

        Assert.Same(outerLease, Begin(outer, answer).Lease);
        Assert.Same(innerLease, Begin(inner, answer).Lease);
    }

    [Fact]
    public async Task Held_TimeIsOver_EndsTheLease()
    {
        using var held = new HeldResponses(Timeout, _time);
        var lease = NewLease();
        var answer = await HoldAsync(held, lease);

        _time.Advance(Timeout - TimeSpan.FromSeconds(1));
        Assert.False(await IsOverAsync(lease));
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.True(await IsOverAsync(lease));
        Assert.NotSame(lease, Begin(held, answer).Lease);
    }

    [Fact]
    public async Task Held_MoreThanTheLimit_EndsTheOldest()
    {
        using var held = new HeldResponses(Timeout, _time);
        ResponseLease[] leases = [.. Enumerable.Range(0, HeldResponses.MaxHeld + 2).Select(static _ => NewLease())];
        foreach (var lease in leases)
        {
            await HoldAsync(held, lease);
        }

        Assert.True(await IsOverAsync(leases[0]));
        Assert.True(await IsOverAsync(leases[1]));
        Assert.False(await IsOverAsync(leases[2]));
        Assert.False(await IsOverAsync(leases[^1]));
        Assert.Equal(HeldResponses.MaxHeld, _time.Waiting.Count);
    }

    [Fact]
    public async Task Dispose_EndsTheLeases_AndThoseThatComeLater()
    {
        var held = new HeldResponses(Timeout, _time);
        var (before, after) = (NewLease(), NewLease());
        var answer = await HoldAsync(held, before);

        held.Dispose();
        await HoldAsync(held, after);

        Assert.True(await IsOverAsync(before));
        Assert.True(await IsOverAsync(after));
        Assert.Empty(_time.Waiting);
        Assert.NotSame(before, Begin(held, answer).Lease);
    }

    [Fact]
    public async Task Turn_NotCompleteOrWithoutRequests_EndsTheLease()
    {
        using var held = new HeldResponses(Timeout, _time);
        var (abandoned, silent) = (NewLease(), NewLease());

        var turn = new ResponseTurn(held, abandoned, key: null);
        turn.Mark(Answer(new ToolApprovalRequestContent("ficc_1", Call("1", "bash"))));
        await turn.DisposeAsync();
        turn = new ResponseTurn(held, silent, key: null);
        turn.Mark(Answer(new ToolApprovalRequestContent("1", new McpServerToolCallContent("1", "read", "server"))));
        turn.Complete();
        await turn.DisposeAsync();

        Assert.True(await IsOverAsync(abandoned));
        Assert.True(await IsOverAsync(silent));
        Assert.Empty(_time.Waiting);
    }

    [Fact]
    public void Mark_Request_KeepsAllButItsId()
    {
        using var held = new HeldResponses(Timeout, _time);
#pragma warning disable MEAI001 // Experimental, but function-calling clients set it all the same.
        var request = new ToolApprovalRequestContent("ficc_1", Call("1", "bash"))
        {
            RequiresConfirmation = false,
            AdditionalProperties = new() { ["x"] = 1 },
            RawRepresentation = this,
        };
        var update = new ChatResponseUpdate(ChatRole.Assistant, [new TextContent("May I?"), request]) { ResponseId = "r" };

        var marked = new ResponseTurn(held, NewLease(), key: null).Mark(update);

        Assert.Equal("r", marked.ResponseId);
        Assert.Same(update.Contents[0], marked.Contents[0]);
        Assert.Same(request, update.Contents[1]);
        var copy = Assert.IsType<ToolApprovalRequestContent>(marked.Contents[1]);
        Assert.Matches(@"\Aficc_1\.[0-9a-f]{32}\z", copy.RequestId);
        Assert.Same(request.ToolCall, copy.ToolCall);
        Assert.False(copy.RequiresConfirmation);
#pragma warning restore MEAI001
        Assert.Same(request.AdditionalProperties, copy.AdditionalProperties);
        Assert.Same(this, copy.RawRepresentation);
    }

    private static ResponseLease NewLease() => new(static _ => throw new TimeZoneNotFoundException());

    /// <summary>Ends a response with a request, and gives the answer to it.</summary>
    private static async Task<ToolApprovalResponseContent> HoldAsync(
        HeldResponses held, ResponseLease lease, string? key = null, ToolApprovalRequestContent? request = null)
    {
        var turn = new ResponseTurn(held, lease, key);
        var response = Answer(request ?? new ToolApprovalRequestContent("ficc_1", Call("1", "bash")));
        turn.Mark(response);
        turn.Complete();
        await turn.DisposeAsync();
        return Assert.IsType<ToolApprovalRequestContent>(Assert.Single(Assert.Single(response.Messages).Contents)).CreateResponse(approved: true);
    }

    private static ResponseTurn Begin(HeldResponses held, ToolApprovalResponseContent answer, string? key = null) =>
        held.Begin([new ChatMessage(ChatRole.User, "go"), new ChatMessage(ChatRole.User, [answer])], key, static _ => throw new TimeZoneNotFoundException());

    private static async Task<bool> IsOverAsync(ResponseLease lease)
    {
        try
        {
            await lease.AcquireAsync(TestTimeout.Token);
            return false;
        }
        catch (TimeZoneNotFoundException)
        {
            return false;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }
}
