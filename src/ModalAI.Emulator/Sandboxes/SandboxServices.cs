using Microsoft.Extensions.Logging;
using ModalAI.Emulator.Network;
using ModalAI.Emulator.Server;

namespace ModalAI.Emulator.Sandboxes;

/// <summary>What every sandbox of one emulator shares.</summary>
internal sealed record SandboxServices(
    SpoolFolder Spools,
    ExecRetention Retention,
    SnapshotStore Snapshots,
    ModalEmulatorLedger Ledger,
    TimeProvider Time,
    TimeSpan HoldForStart,
    NetworkServices Network,
    ILogger Logger);
