namespace ModalAI.Emulator.Network;

/// <summary>What somebody asks of DNS.</summary>
/// <param name="Name">The host.</param>
/// <param name="Type">What about it.</param>
/// <param name="End">Where the question ends in its message.</param>
internal readonly record struct DnsQuestion(string Name, ushort Type, int End)
{
    public const ushort Address = 1;
    public const ushort AddressV6 = 28;
    public const ushort Internet = 1;
}
