using ModalAI.Emulator.Server;
using ModalAI.Protocol;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>
/// The regions and clouds that Modal knows, by the names it gives them or by those of the clouds themselves. A sandbox of the emulator is where it is; what is
/// no place at all is refused, as Modal refuses it.
/// </summary>
internal static class PlacementRules
{
    private static readonly HashSet<string> Clouds = new(StringComparer.OrdinalIgnoreCase) { "auto", "aws", "azure", "gcp", "oci" };

    private static readonly HashSet<string> Regions = new(
        [
            // Modal's own, wide and narrow.
            "af", "ap", "au", "ca", "eu", "jp", "me", "mx", "sa", "uk", "us",
            "ap-melbourne", "ap-northeast", "ap-south", "ap-southeast", "eu-north", "eu-south", "eu-west", "us-central", "us-east", "us-south", "us-west",

            // AWS.
            "af-south-1", "ap-east-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2", "ap-southeast-1", "ap-southeast-2",
            "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-7", "ca-central-1", "ca-west-1", "eu-central-1", "eu-central-2", "eu-north-1",
            "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3", "il-central-1", "me-central-1", "me-south-1", "mx-central-1", "sa-east-1",
            "us-east-1", "us-east-2", "us-west-1", "us-west-2",

            // Azure.
            "australiaeast", "brazilsouth", "canadacentral", "canadaeast", "centralindia", "centralus", "eastasia", "eastus", "eastus2", "francecentral",
            "germanywestcentral", "italynorth", "japaneast", "japanwest", "koreacentral", "northcentralus", "northeurope", "norwayeast", "polandcentral",
            "southafricanorth", "southcentralus", "southeastasia", "spaincentral", "swedencentral", "switzerlandnorth", "uaenorth", "uksouth", "ukwest",
            "westeurope", "westus", "westus2", "westus3",

            // Google.
            "africa-south1", "asia-east1", "asia-east2", "asia-northeast1", "asia-northeast2", "asia-northeast3", "asia-south1", "asia-south2", "asia-southeast1",
            "asia-southeast2", "australia-southeast1", "australia-southeast2", "europe-central2", "europe-north1", "europe-southwest1", "europe-west1",
            "europe-west2", "europe-west3", "europe-west4", "europe-west6", "europe-west8", "europe-west9", "europe-west10", "europe-west12", "me-central1",
            "me-central2", "me-west1", "northamerica-northeast1", "northamerica-northeast2", "northamerica-south1", "southamerica-east1", "southamerica-west1",
            "us-central1", "us-east1", "us-east4", "us-east5", "us-south1", "us-west1", "us-west2", "us-west3", "us-west4",

            // Oracle.
            "ap-chuncheon-1", "ap-hyderabad-1", "ap-melbourne-1", "ap-mumbai-1", "ap-osaka-1", "ap-seoul-1", "ap-singapore-1", "ap-sydney-1", "ap-tokyo-1",
            "ca-montreal-1", "ca-toronto-1", "eu-amsterdam-1", "eu-frankfurt-1", "eu-madrid-1", "eu-marseille-1", "eu-milan-1", "eu-paris-1", "eu-stockholm-1",
            "eu-zurich-1", "me-dubai-1", "me-jeddah-1", "mx-monterrey-1", "mx-queretaro-1", "sa-santiago-1", "sa-saopaulo-1", "sa-vinhedo-1", "uk-cardiff-1",
            "uk-london-1", "us-ashburn-1", "us-chicago-1", "us-phoenix-1", "us-sanjose-1",
        ],
        StringComparer.OrdinalIgnoreCase);

    public static void Check(Sandbox definition)
    {
        if (definition.CloudProviderStr is { Length: > 0 } cloud && !Clouds.Contains(cloud))
        {
            throw RpcFailedException.InvalidArgument($"There is no cloud '{cloud}'; the clouds are {string.Join(", ", Clouds.Order())}.");
        }

        if (definition.SchedulerPlacement?.Regions.FirstOrDefault(region => !Regions.Contains(region)) is { } unknown)
        {
            throw RpcFailedException.InvalidArgument($"There is no region '{unknown}'; regions are such as us, us-east or us-east-1.");
        }
    }
}
