using ModalAI.Protocol;

namespace ModalAI.Sandboxes;

/// <summary>Fills Modal's message <c>CloudBucketMount</c> as Modal's own SDK does.</summary>
internal static class CloudBucketMounts
{
    /// <summary>What a sandbox's definition says of its buckets; secrets are looked up side by side.</summary>
    public static Task<CloudBucketMount[]> CreateAsync(
        IEnumerable<KeyValuePair<string, ModalCloudBucketMount>> mounts, ModalSecrets secrets, string? environment, CancellationToken cancellationToken) =>
        Task.WhenAll(mounts.Select(async mount =>
        {
            var (path, bucket) = mount;
            var result = new CloudBucketMount
            {
                BucketName = bucket.BucketName,
                MountPath = path,
                CredentialsSecretId = bucket.Secret is { } secret ? await secrets.GetStoredIdAsync(secret, environment, cancellationToken).ConfigureAwait(false) : "",
                ReadOnly = bucket.ReadOnly,
                BucketType = TypeOf(bucket.EndpointUrl),
                RequesterPays = bucket.RequesterPays,
            };
            if (bucket.EndpointUrl is { } endpoint)
            {
                result.BucketEndpointUrl = endpoint;
            }

            if (bucket.KeyPrefix is { } prefix)
            {
                result.KeyPrefix = prefix;
            }

            if (bucket.OidcAuthRoleArn is { } role)
            {
                result.OidcAuthRoleArn = role;
            }

            return result;
        }));

    private static CloudBucketMount.Types.BucketType TypeOf(string? endpoint)
    {
        var host = string.IsNullOrEmpty(endpoint) ? "" : new Uri(endpoint).Host;
        return host switch
        {
            _ when host.EndsWith("r2.cloudflarestorage.com", StringComparison.OrdinalIgnoreCase) => CloudBucketMount.Types.BucketType.R2,
            _ when host.EndsWith("storage.googleapis.com", StringComparison.OrdinalIgnoreCase) => CloudBucketMount.Types.BucketType.Gcp,
            _ => CloudBucketMount.Types.BucketType.S3,
        };
    }
}
