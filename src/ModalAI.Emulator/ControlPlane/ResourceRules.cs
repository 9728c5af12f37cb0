using System.Text.RegularExpressions;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>What a sandbox may ask for. Which GPUs there are is Modal's to know: only the way they are written is checked.</summary>
internal static partial class ResourceRules
{
    public static void Check(Resources resources)
    {
        CheckLimit("CPU", resources.MilliCpu, resources.MilliCpuMax, "thousandths of a core");
        CheckLimit("memory", resources.MemoryMb, resources.MemoryMbMax, "MiB");
        if (!resources.GpuConfig.IsSet())
        {
            return;
        }

        var gpu = resources.GpuConfig;
        if (gpu.Count == 0)
        {
            throw RpcFailedException.InvalidArgument($"The number of GPUs is 0; ask for at least one '{gpu.GpuType}', or for no GPU.");
        }

        if (gpu.Type == GPUType.Unspecified && !GpuName().IsMatch(gpu.GpuType))
        {
            throw RpcFailedException.InvalidArgument($"'{gpu.GpuType}' is no type of GPU: those are written like T4, A100-80GB or H100!.");
        }
    }

    private static void CheckLimit(string what, uint request, uint limit, string unit)
    {
        if (limit > 0 && limit < request)
        {
            throw RpcFailedException.InvalidArgument($"The {what} limit of {limit} {unit} is below the request of {request}.");
        }
    }

    [GeneratedRegex(@"\A[A-Z][A-Z0-9]*(-[A-Z0-9]+)*[!+]?\z")]
    private static partial Regex GpuName();
}
