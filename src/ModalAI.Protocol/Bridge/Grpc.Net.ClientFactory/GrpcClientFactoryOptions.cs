using Grpc.Core;
using Grpc.Net.Client;

namespace Grpc.Net.ClientFactory;

/// <summary>How the clients of one name are made. Read when the first of them is created.</summary>
internal sealed class GrpcClientFactoryOptions
{
    /// <summary>The server. Required.</summary>
    public Uri? Address { get; set; }

    public IList<Action<GrpcChannelOptions>> ChannelOptionsActions { get; } = [];

    /// <summary>Run before each call.</summary>
    public IList<Action<CallOptionsContext>> CallOptionsActions { get; } = [];

    /// <summary>The first one registered sees a call first. Those of a client come before those of its channel.</summary>
    public IList<InterceptorRegistration> InterceptorRegistrations { get; } = [];

    /// <summary>Creates the client, when its constructor does not.</summary>
    public Func<CallInvoker, object>? Creator { get; set; }
}
