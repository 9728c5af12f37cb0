namespace ModalAI.Configuration;

/// <summary>What configuration can say of a bucket: all but the values of a secret.</summary>
internal sealed class CloudBucketMountKeys
{
    public string BucketName { get; set; } = "";

    public string? Secret { get; set; }

    public bool ReadOnly { get; set; }

    public bool RequesterPays { get; set; }

    public string? EndpointUrl { get; set; }

    public string? KeyPrefix { get; set; }

    public string? OidcAuthRoleArn { get; set; }

    internal ModalCloudBucketMount ToMount() => new()
    {
        BucketName = BucketName,
        Secret = string.IsNullOrEmpty(Secret) ? null : ModalSecret.FromName(Secret),
        ReadOnly = ReadOnly,
        RequesterPays = RequesterPays,
        EndpointUrl = EndpointUrl,
        KeyPrefix = KeyPrefix,
        OidcAuthRoleArn = OidcAuthRoleArn,
    };
}
