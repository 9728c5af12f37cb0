using Google.Protobuf;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>What the emulator does not do, it refuses by name: it never accepts and ignores.</summary>
internal static class Unsupported
{
    public static void Refuse(params ReadOnlySpan<(bool IsSet, string What)> options)
    {
        foreach (var (isSet, what) in options)
        {
            if (isSet)
            {
                throw RpcFailedException.FailedPrecondition($"The emulator does not support {what}.");
            }
        }
    }

    /// <summary>Refuses fields that the emulator's own description of a message does not have: they would be lost.</summary>
    public static void RefuseUnknownFields(IMessage message)
    {
        if (MessageFields.UnknownBytes(message) > 0)
        {
            throw RpcFailedException.FailedPrecondition(
                $"The request's {message.Descriptor.Name} has fields that the emulator does not know, from a newer SDK perhaps; it would lose them.");
        }
    }

    /// <summary>Refuses the first field that is set and is not among those that are known, by its name.</summary>
    public static void RefuseFields(IMessage message, IReadOnlyCollection<string> known, string where)
    {
        if (message.Descriptor.Fields.InFieldNumberOrder().FirstOrDefault(field => !known.Contains(field.Name) && MessageFields.IsSet(message, field)) is { } unknown)
        {
            throw RpcFailedException.FailedPrecondition($"The emulator does not support {unknown.Name} {where}.");
        }
    }

    /// <summary>Clients send an empty message where there is no GPU.</summary>
    public static bool IsSet(this GPUConfig? gpu) => gpu is not null && (gpu.Count > 0 || gpu.GpuType.Length > 0 || gpu.Type != GPUType.Unspecified);
}
