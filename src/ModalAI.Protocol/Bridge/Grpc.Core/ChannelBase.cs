namespace Grpc.Core;

/// <summary>A way to one server.</summary>
internal abstract class ChannelBase
{
    protected ChannelBase(string target)
    {
        ArgumentNullException.ThrowIfNull(target);
        Target = target;
    }

    /// <summary>Host and port.</summary>
    public string Target { get; }

    public abstract CallInvoker CreateCallInvoker();
}
