using System.Buffers.Text;
using System.Security.Cryptography;
using ModalAI.Emulator.Sandboxes;
using ModalAI.Emulator.Server;

namespace ModalAI.Emulator.Network;

/// <summary>The connect tokens of an emulator, a bounded number for each sandbox.</summary>
internal sealed class ConnectTokens
{
    private const int TokenBytes = 32;
    private const int MaxTokens = 1000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, ConnectToken> _tokens = new(StringComparer.Ordinal);
    private readonly Dictionary<EmulatedSandbox, List<string>> _bySandbox = [];

    public string Issue(ConnectToken target)
    {
        var token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenBytes));
        lock (_gate)
        {
            if (!_bySandbox.TryGetValue(target.Sandbox, out var issued))
            {
                _bySandbox.Add(target.Sandbox, issued = []);
                _ = ForgetAtEndAsync(target.Sandbox);
            }

            if (issued.Count >= MaxTokens)
            {
                throw new RpcFailedException(RpcStatusCode.ResourceExhausted, $"Sandbox {target.Sandbox.Id} has {MaxTokens} connect tokens already.");
            }

            issued.Add(token);
            _tokens.Add(token, target);
        }

        return token;
    }

    /// <summary>What a token opens; null when it is none, or its sandbox has ended.</summary>
    public ConnectToken? Find(string token)
    {
        lock (_gate)
        {
            return _tokens.TryGetValue(token, out var target) && target.Sandbox.IsRunning ? target : null;
        }
    }

    private async Task ForgetAtEndAsync(EmulatedSandbox sandbox)
    {
        await sandbox.Ended.ConfigureAwait(false);
        lock (_gate)
        {
            if (_bySandbox.Remove(sandbox, out var issued))
            {
                issued.ForEach(token => _tokens.Remove(token));
            }
        }
    }
}
