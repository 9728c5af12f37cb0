using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using ModalAI.TestSupport;

namespace ModalAI.Tests.FunctionInvocation;

public sealed class ChatClientBuilderTests
{
    [Fact]
    public void Build_SeveralLayers_PutsTheFirstOutermost()
    {
        using var model = new ScriptedChatClient(ScriptedChatClient.Says("x"));
        var order = new List<string>();

        using var client = model.AsBuilder()
            .Use(inner => Layer("first", inner))
            .Use(inner => Layer("second", inner))
            .Build();

        Assert.Equal(["second", "first"], order);
        Assert.Same(model, client.GetService<ScriptedChatClient>());

        IChatClient Layer(string name, IChatClient inner)
        {
            order.Add(name);
            return inner;
        }
    }

    [Fact]
    public void Build_LayerIsNull_IsAnError()
    {
        using var model = new ScriptedChatClient(ScriptedChatClient.Says("x"));

        Assert.Throws<InvalidOperationException>(() => model.AsBuilder().Use(static _ => null!).Build());
    }

    [Fact]
    public async Task Build_WithServices_FunctionsFindThem()
    {
        await using var services = new ServiceCollection().AddSingleton("a service").BuildServiceProvider();
        using var model = new ScriptedChatClient(
            ScriptedChatClient.Calls(ScriptedChatClient.Call("1", "service")), ScriptedChatClient.Says("done"));
        var function = AIFunctionFactory.Create((IServiceProvider provider) => provider.GetRequiredService<string>(), "service");
        using var client = model.AsBuilder().UseFunctionInvocation().Build(services);

        var response = await client.GetResponseAsync("go", new ChatOptions { Tools = [function] }, TestTimeout.Token);

        var result = response.Messages.SelectMany(static message => message.Contents).OfType<FunctionResultContent>().Single();
        Assert.Equal("a service", result.Result?.ToString());
    }
}
