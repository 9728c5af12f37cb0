using System.Net;
using System.Net.Sockets;

namespace ModalAI.Emulator.Network;

/// <summary>
/// Answers a sandbox's questions for the addresses of hosts. Of names that its policy does not list it tells only addresses that may be reached, and nothing
/// where none may be.
/// </summary>
internal sealed class DnsResponder : IAsyncDisposable
{
    private const int MaxQuestions = 32;
    private static readonly TimeSpan LookupLimit = TimeSpan.FromSeconds(5);

    private readonly Socket _socket;
    private readonly NameLookup _lookup;
    private readonly Func<NetworkPolicy> _policy;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _slots = new(MaxQuestions);
    private readonly Task _receiving;

    public DnsResponder(Socket socket, NameLookup lookup, Func<NetworkPolicy> policy)
    {
        _socket = socket;
        _lookup = lookup;
        _policy = policy;
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Port = ((IPEndPoint)socket.LocalEndPoint!).Port;
        _receiving = ReceiveAsync();
    }

    public int Port { get; }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        _socket.Dispose();
        await _receiving.ConfigureAwait(false);
        for (var i = 0; i < MaxQuestions; i++)
        {
            await _slots.WaitAsync().ConfigureAwait(false);
        }

        _slots.Dispose();
        _stopping.Dispose();
    }

    private async Task ReceiveAsync()
    {
        var buffer = new byte[DnsMessage.MaxLength];
        var anybody = new IPEndPoint(IPAddress.Any, 0);
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var received = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, anybody, _stopping.Token).ConfigureAwait(false);

                // Whoever asks too much at a time is not answered, and asks again.
                if (DnsMessage.TryReadQuestion(buffer.AsSpan(0, received.ReceivedBytes), out var question) && await _slots.WaitAsync(0).ConfigureAwait(false))
                {
                    _ = AnswerAsync(buffer.AsSpan(0, received.ReceivedBytes).ToArray(), question, received.RemoteEndPoint);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                // A datagram that was too long, somebody who has gone, or the end.
            }
        }
    }

    private async Task AnswerAsync(byte[] message, DnsQuestion question, EndPoint client)
    {
        try
        {
            var (code, addresses) = await LookUpAsync(question).ConfigureAwait(false);
            await _socket.SendToAsync(DnsMessage.Answer(message, question, code, addresses), SocketFlags.None, client, _stopping.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Nobody is there to read it.
        }
        finally
        {
            _slots.Release();
        }
    }

    private async Task<(DnsMessage.Code Code, IReadOnlyList<IPAddress> Addresses)> LookUpAsync(DnsQuestion question)
    {
        if (question.Type is not DnsQuestion.Address and not DnsQuestion.AddressV6)
        {
            return (DnsMessage.Code.NotServed, []);
        }

        var policy = _policy();
        var isListed = policy.AllowsEverything || policy.AllowsDomain(question.Name);
        if (!isListed && policy.Cidrs.Count == 0)
        {
            return (DnsMessage.Code.Refused, []);
        }

        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
            limit.CancelAfter(LookupLimit);
            var found = await _lookup(question.Name, limit.Token).WaitAsync(limit.Token).ConfigureAwait(false);
            IPAddress[] usable = [.. found.Where(address => NameLookups.IsOutside(address) && (isListed || policy.AllowsAddress(address)))];
            return usable.Length == 0 && !isListed
                ? (DnsMessage.Code.Refused, [])
                : (DnsMessage.Code.Ok, question.Type == DnsQuestion.Address ? usable : []);
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode switch
            {
                SocketError.HostNotFound => (DnsMessage.Code.NoSuchName, []),
                SocketError.NoData => (DnsMessage.Code.Ok, []),
                _ => (DnsMessage.Code.Failed, []),
            };
        }
        catch (Exception e) when (e is ArgumentException or OperationCanceledException)
        {
            // No name for a host, or no answer in time.
            return (DnsMessage.Code.Failed, []);
        }
    }
}
