using System.Net;
using ModalAI.Emulator.Network;
using Xunit;

namespace ModalAI.Emulator.Tests.Network;

/// <summary>What is read of names, TLS and DNS; all of it comes from programs that may be hostile.</summary>
public sealed class NetworkTextTests
{
    /// <summary>A handshake record with a ClientHello that names example.com.</summary>
    private static readonly byte[] Hello = MakeHello("example.com"u8);

    [Theory]
    [InlineData("example.com", "EXAMPLE.com", true)]
    [InlineData("example.com", "a.example.com", false)]
    [InlineData("*.example.com", "example.com.", true)]
    [InlineData("*.example.com", "a.b.example.com", true)]
    [InlineData("*.example.com", "badexample.com", false)]
    [InlineData("*", "anything", true)]
    public void DomainPattern_AgainstAName_MatchesItAndWhatIsBelow(string pattern, string name, bool expected)
        => Assert.Equal(expected, DomainName.Matches(pattern, name));

    [Theory]
    [InlineData("example.com", true)]
    [InlineData("*.example.com", true)]
    [InlineData("*", true)]
    [InlineData("localhost", false)]
    [InlineData("a.*.com", false)]
    [InlineData("example.com\n", false)]
    [InlineData("example.com/path", false)]
    public void DomainPattern_Written_IsCheckedAsModalDoes(string text, bool expected) => Assert.Equal(expected, DomainName.IsPattern(text));

    [Fact]
    public void ClientHello_OfATlsClient_NamesItsServer()
    {
        Assert.Equal(Hello.Length, ClientHello.LengthOf(Hello));
        Assert.Equal("example.com", ClientHello.ReadServerName(Hello));
    }

    [Fact]
    public void ClientHello_CutOffAnywhere_NamesNobodyAndDoesNotThrow()
    {
        for (var length = 5; length < Hello.Length; length++)
        {
            Assert.Null(ClientHello.ReadServerName(Hello.AsSpan(0, length)));
        }
    }

    [Fact]
    public void ClientHello_OfSomethingElse_HasNoLength() => Assert.Equal(0, ClientHello.LengthOf("GET / HTTP/1.1"u8));

    [Fact]
    public void DnsQuestion_CutOffAnywhere_IsNotRead()
    {
        var message = MakeQuestion();
        Assert.True(DnsMessage.TryReadQuestion(message, out var question));
        Assert.Equal(("host.example", DnsQuestion.Address), (question.Name, question.Type));

        for (var length = 0; length < message.Length; length++)
        {
            Assert.False(DnsMessage.TryReadQuestion(message.AsSpan(0, length), out _));
        }
    }

    [Fact]
    public void DnsAnswer_OfManyAddresses_FitsADatagram()
    {
        var message = MakeQuestion();
        Assert.True(DnsMessage.TryReadQuestion(message, out var question));

        var answer = DnsMessage.Answer(message, question, DnsMessage.Code.Ok, [.. Enumerable.Range(1, 100).Select(static i => new IPAddress([10, 0, 0, (byte)i]))]);

        Assert.InRange(answer.Length, message.Length + 16, DnsMessage.MaxLength);
        Assert.Equal([0x12, 0x34], answer[..2]);
        Assert.Equal(0x80, answer[2] & 0x80);
        Assert.Equal([10, 0, 0, 1], answer[(message.Length + 12)..(message.Length + 16)]);
    }

    [Fact]
    public void Policy_OfNetworks_AllowsTheirAddressesOnly()
    {
        var policy = new NetworkPolicy([IPNetwork.Parse("203.0.113.0/24")], []);

        Assert.True(policy.AllowsAddress(IPAddress.Parse("203.0.113.9")));
        Assert.False(policy.AllowsAddress(IPAddress.Parse("203.0.114.9")));
        Assert.False(policy.AllowsEverything);
        Assert.False(NameLookups.IsOutside(IPAddress.Parse("127.9.9.9")));
        Assert.False(NameLookups.IsOutside(IPAddress.Any));
        Assert.False(NameLookups.IsOutside(IPAddress.Broadcast));
    }

    private static byte[] MakeQuestion() =>
        [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 4, .. "host"u8, 7, .. "example"u8, 0, 0, 1, 0, 1];

    private static byte[] MakeHello(ReadOnlySpan<byte> name)
    {
        byte[] entry = [0, .. Length(name.Length), .. name];
        byte[] list = [.. Length(entry.Length), .. entry];
        byte[] extension = [0, 0, .. Length(list.Length), .. list];
        byte[] other = [0, 43, 0, 3, 2, 3, 4];
        byte[] body = [3, 3, .. new byte[32], 0, 0, 2, 0x13, 1, 1, 0, .. Length(other.Length + extension.Length), .. other, .. extension];
        byte[] message = [1, 0, .. Length(body.Length), .. body];
        return [22, 3, 1, .. Length(message.Length), .. message];
    }

    private static byte[] Length(int length) => [(byte)(length >> 8), (byte)length];
}
