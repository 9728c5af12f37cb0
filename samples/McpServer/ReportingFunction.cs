using System.Threading.Channels;
using Microsoft.Extensions.AI;
using ModalAI;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

/// <summary>A function whose commands tell the client what they print while they run, where the client asks for progress.</summary>
internal sealed class ReportingFunction(AIFunction function) : DelegatingAIFunction(function)
{
    protected override async ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken)
    {
        if (arguments.Services?.GetService(typeof(RequestContext<CallToolRequestParams>)) is not RequestContext<CallToolRequestParams> request
            || request.Params?.ProgressToken is not { } token)
        {
            return await base.InvokeCoreAsync(arguments, cancellationToken);
        }

        // One after the other, and none after the answer, as the protocol wants it. A command reports 1 MiB at most.
        var texts = Channel.CreateUnbounded<string>(new UnboundedChannelOptions { SingleReader = true });
        arguments.Context ??= new Dictionary<object, object?>();
        arguments.Context[typeof(IProgress<ModalCommandProgress>)] = new Reporter(texts.Writer);
        var sending = SendAsync(request.Server, token, texts.Reader, cancellationToken);
        try
        {
            return await base.InvokeCoreAsync(arguments, cancellationToken);
        }
        finally
        {
            texts.Writer.Complete();

            // To a client that takes no notification the answer won't come either.
            await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task SendAsync(McpServer server, ProgressToken token, ChannelReader<string> texts, CancellationToken cancellationToken)
    {
        var characters = 0;
        await foreach (var text in texts.ReadAllAsync(cancellationToken))
        {
            characters += text.Length;
            var value = new ProgressNotificationValue { Progress = characters, Message = text };
            await server.NotifyProgressAsync(token, value, cancellationToken: cancellationToken);
        }
    }

    private sealed class Reporter(ChannelWriter<string> texts) : IProgress<ModalCommandProgress>
    {
        public void Report(ModalCommandProgress value) => texts.TryWrite(value.Text);
    }
}
