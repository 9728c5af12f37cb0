using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using ModalAI.Protocol.Tests.Support;

namespace ModalAI.Protocol.Tests;

/// <summary>Messages arrive whole and in order, however the response is cut.</summary>
public sealed class FramingTests
{
    [Fact]
    public async Task Unary_FrameInSingleBytes_ReturnsMessage()
    {
        await using var router = await RouterConnection.OpenAsync(async http =>
        {
            foreach (var part in GrpcResponses.Frame(new TaskExecPollResponse { Code = 7 }).Chunk(1))
            {
                await http.Response.SendAsync(part);
            }

            http.Response.End();
        });

        var response = await router.Poll();

        Assert.Equal(7, response.Code);
    }

    [Fact]
    public async Task ServerStream_FramesInSingleBytes_YieldsEachMessage()
    {
        var script = Bytes([10, 0, 30]);
        await using var router = await RouterConnection.OpenAsync(async http =>
        {
            foreach (var part in script.Chunk(1))
            {
                await http.Response.SendAsync(part);
            }

            http.Response.End();
        });

        Assert.Equal([10, 0, 30], await ReadSizesAsync(router));
    }

    [Fact]
    public async Task ServerStream_ManyMessagesInOneFrame_YieldsEachMessage()
    {
        var sizes = Enumerable.Range(0, 500).ToArray();
        await using var router = await RouterConnection.OpenAsync(async http =>
        {
            await http.Response.SendAsync(Bytes(sizes));
            http.Response.End();
        });

        Assert.Equal(sizes, await ReadSizesAsync(router));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task ServerStream_RandomSizesAndCuts_YieldsEveryByte(int seed)
    {
        var random = new Random(seed);
        var sizes = Enumerable.Range(0, 60).Select(_ => random.Next(4) == 0 ? random.Next(300_000) : random.Next(40_000)).ToArray();
        var script = Bytes(sizes);
        await using var router = await RouterConnection.OpenAsync(async http =>
        {
            for (var sent = 0; sent < script.Length;)
            {
                var part = Math.Min(1 + random.Next(200_000), script.Length - sent);
                await http.Response.SendAsync(script.AsMemory(sent, part));
                sent += part;
            }

            http.Response.End();
        });

        Assert.Equal(sizes, await ReadSizesAsync(router));
    }

    /// <summary>Frames of messages with these many bytes of data, each filled with a pattern of its own.</summary>
    private static byte[] Bytes(int[] sizes) => [.. sizes.SelectMany((size, index) =>
        GrpcResponses.Frame(new TaskExecStdioReadResponse { Data = ByteString.CopyFrom(Pattern(index, size)) }))];

    private static byte[] Pattern(int index, int size)
    {
        var bytes = new byte[size];
        new Random(index).NextBytes(bytes);
        return bytes;
    }

    private static async Task<List<int>> ReadSizesAsync(RouterConnection router)
    {
        using var call = router.Read();
        var sizes = new List<int>();
        await foreach (var message in call.ResponseStream.ReadAllAsync(TestTimeout.Token))
        {
            Assert.True(message.Data.Span.SequenceEqual(Pattern(sizes.Count, message.Data.Length)), $"Message {sizes.Count} differs.");
            sizes.Add(message.Data.Length);
        }

        return sizes;
    }
}
