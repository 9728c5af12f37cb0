using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace ModalAI.TestSupport;

/// <summary>Redis's protocol, RESP2: the part that simple commands need.</summary>
internal static class RedisCommand
{
    public static byte[] Encode(string text) => Encoding.UTF8.GetBytes(text);

    public static string Decode(byte[] bytes) => Encoding.UTF8.GetString(bytes);

    /// <summary>Sends a command over a connection of its own.</summary>
    /// <returns>Bytes, text, a number or null.</returns>
    /// <exception cref="InvalidOperationException">Redis has answered with an error.</exception>
    public static async Task<object?> SendAsync(string socketPath, IReadOnlyList<byte[]> command, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancellationToken);
        await using var stream = new BufferedStream(new NetworkStream(socket));
        await stream.WriteAsync(Encode($"*{command.Count}\r\n"), cancellationToken);
        foreach (var part in command)
        {
            await stream.WriteAsync((byte[])[.. Encode($"${part.Length}\r\n"), .. part, .. "\r\n"u8], cancellationToken);
        }

        await stream.FlushAsync(cancellationToken);
        return await ReadReplyAsync(stream, cancellationToken);
    }

    private static async Task<object?> ReadReplyAsync(Stream stream, CancellationToken cancellationToken)
    {
        var line = await ReadLineAsync(stream, cancellationToken);
        var rest = line[1..];
        switch (line[0])
        {
            case '+':
                return rest;
            case ':':
                return long.Parse(rest, CultureInfo.InvariantCulture);
            case '$' when rest == "-1":
                return null;
            case '$':
                var bytes = new byte[int.Parse(rest, CultureInfo.InvariantCulture)];
                await stream.ReadExactlyAsync(bytes, cancellationToken);
                return bytes;
            default:
                throw new InvalidOperationException($"Redis answered: {line}");
        }
    }

    private static async Task<string> ReadLineAsync(Stream stream, CancellationToken cancellationToken)
    {
        var line = new List<byte>();
        var next = new byte[1];
        while (line is not [.., (byte)'\r', (byte)'\n'])
        {
            await stream.ReadExactlyAsync(next, cancellationToken);
            line.Add(next[0]);
        }

        return Decode([.. line[..^2]]);
    }
}
