using Google.Protobuf;

namespace ModalAI.Sandboxes;

/// <summary>Standard input of a sandbox's own command: by offset on V2, numbered from 1 on V1.</summary>
internal sealed class EntrypointInputStream(EntrypointCalls calls) : InputStream
{
    private uint _number = 1;

    protected override async Task SendAsync(ByteString data, bool endOfInput, CancellationToken cancellationToken)
    {
        if (calls.IsV2)
        {
            await calls.WriteInputV2Async(Written, data, endOfInput, cancellationToken).ConfigureAwait(false);
            return;
        }

        await calls.WriteInputV1Async(_number, data, endOfInput, cancellationToken).ConfigureAwait(false);
        _number++;
        if (endOfInput && IsBroken)
        {
            // Where the write of the last number was taken after all, this end was taken for its repetition.
            await calls.WriteInputV1Async(_number, data, endOfInput, cancellationToken).ConfigureAwait(false);
        }
    }
}
