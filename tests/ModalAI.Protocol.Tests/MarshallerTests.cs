using System.Buffers;
using Grpc.Core;
using ModalAI.Protocol.Tests.Support;

namespace ModalAI.Protocol.Tests;

/// <summary>Marshallers may write in several ways; the frame is the same.</summary>
public sealed class MarshallerTests
{
    private static readonly byte[] Payload = [.. Enumerable.Range(0, 5000).Select(i => (byte)i)];

    [Fact]
    public async Task WholeArray_IsSentAndReadBack()
    {
        Assert.Equal(Payload, await EchoAsync(Marshallers.Create<byte[]>(message => message, payload => payload)));
    }

    [Fact]
    public async Task BufferOfUnknownLength_IsSentAndReadBack()
    {
        Assert.Equal(Payload, await EchoAsync(Marshallers.Create<byte[]>(
            (message, context) =>
            {
                var writer = context.GetBufferWriter();
                foreach (var part in message.Chunk(700))
                {
                    writer.Write(part);
                }

                context.Complete();
            },
            context => context.PayloadAsReadOnlySequence().ToArray())));
    }

    [Fact]
    public async Task BufferOfKnownLength_IsSentAndReadBack()
    {
        Assert.Equal(Payload, await EchoAsync(Marshallers.Create<byte[]>(
            (message, context) =>
            {
                context.SetPayloadLength(message.Length);
                context.GetBufferWriter().Write(message);
                context.Complete();
            },
            context => context.PayloadLength == Payload.Length ? context.PayloadAsNewBuffer() : [])));
    }

    [Fact]
    public async Task NothingCompleted_FailsTheCall()
    {
        await Assert.ThrowsAsync<RpcException>(() => EchoAsync(Marshallers.Create<byte[]>((_, _) => { }, _ => [])));
    }

    [Fact]
    public async Task SerializerThrows_FailsTheCallAndLeavesTheChannelUsable()
    {
        await Assert.ThrowsAsync<RpcException>(() => EchoAsync(Marshallers.Create<byte[]>(
            (_, context) =>
            {
                context.GetBufferWriter().GetSpan(10);
                throw new FormatException("cannot write this");
            },
            _ => [])));

        Assert.Equal(Payload, await EchoAsync(Marshallers.Create<byte[]>(message => message, payload => payload)));
    }

    private static async Task<byte[]> EchoAsync(Marshaller<byte[]> marshaller)
    {
        await using var router = await RouterConnection.OpenAsync(async http =>
        {
            using var received = new MemoryStream();
            await http.Request.Body.CopyToAsync(received, TestTimeout.Token);
            await http.Response.SendAsync(received.ToArray());
            http.Response.End();
        });
        var method = new Method<byte[], byte[]>(MethodType.Unary, "test.Echo", "Echo", marshaller, marshaller);
        using var call = router.Channel.CreateCallInvoker()
            .AsyncUnaryCall(method, host: null, new CallOptions(cancellationToken: TestTimeout.Token), Payload);
        return await call;
    }
}
