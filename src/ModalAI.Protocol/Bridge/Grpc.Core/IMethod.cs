namespace Grpc.Core;

/// <summary>A remote method, without its message types.</summary>
internal interface IMethod
{
    MethodType Type { get; }

    string ServiceName { get; }

    string Name { get; }

    /// <summary>The path of its calls: <c>/service/method</c>.</summary>
    string FullName { get; }
}
