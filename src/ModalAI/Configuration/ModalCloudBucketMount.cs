namespace ModalAI;

/// <summary>
/// A bucket of a cloud's object storage as a sandbox mounts it: Amazon S3, or what speaks its protocol (Cloudflare R2, Google Cloud Storage and others). The
/// path is the key of <see cref="ModalSandboxOptions.CloudBucketMounts"/>; a plain string is the bucket's name.
/// </summary>
public sealed class ModalCloudBucketMount
{
    /// <summary>The bucket's name. Required.</summary>
    /// <remarks>Configuration key <c>CloudBucketMounts:{path}:BucketName</c>; Modal's field <c>CloudBucketMount.bucket_name</c>.</remarks>
    public string BucketName { get; set; } = "";

    /// <summary>
    /// The secret with the credentials: <c>AWS_ACCESS_KEY_ID</c> and <c>AWS_SECRET_ACCESS_KEY</c>, for Google Cloud Storage <c>GOOGLE_ACCESS_KEY_ID</c> and
    /// <c>GOOGLE_ACCESS_KEY_SECRET</c>. Default: <see langword="null"/>, none, as for a public bucket.
    /// </summary>
    /// <remarks>Configuration key <c>CloudBucketMounts:{path}:Secret</c>, the name of a secret; Modal's field <c>credentials_secret_id</c>.</remarks>
    public ModalSecret? Secret { get; set; }

    /// <summary>Whether the sandbox can only read the bucket. Default: <see langword="false"/>.</summary>
    /// <remarks>Configuration key <c>CloudBucketMounts:{path}:ReadOnly</c>; Modal's field <c>read_only</c>.</remarks>
    public bool ReadOnly { get; set; }

    /// <summary>Whether the owner of the credentials pays for requests, which needs a <see cref="Secret"/>. Default: <see langword="false"/>.</summary>
    /// <remarks>Configuration key <c>CloudBucketMounts:{path}:RequesterPays</c>; Modal's field <c>requester_pays</c>.</remarks>
    public bool RequesterPays { get; set; }

    /// <summary>
    /// The <c>https://</c> address of the storage's endpoint. A host that ends with <c>r2.cloudflarestorage.com</c> is R2, one with
    /// <c>storage.googleapis.com</c> Google's; any other is taken for S3. Default: <see langword="null"/>, Amazon's own.
    /// </summary>
    /// <remarks>Configuration key <c>CloudBucketMounts:{path}:EndpointUrl</c>; Modal's field <c>bucket_endpoint_url</c>.</remarks>
    public string? EndpointUrl { get; set; }

    /// <summary>
    /// What goes before every path, such as <c>reports/2026/</c>; it ends with <c>/</c>. Default: <see langword="null"/>, the whole bucket.
    /// </summary>
    /// <remarks>Configuration key <c>CloudBucketMounts:{path}:KeyPrefix</c>; Modal's field <c>key_prefix</c>.</remarks>
    public string? KeyPrefix { get; set; }

    /// <summary>The role that the sandbox takes on by its OIDC identity, in place of a secret. Default: <see langword="null"/>.</summary>
    /// <remarks>Configuration key <c>CloudBucketMounts:{path}:OidcAuthRoleArn</c>; Modal's field <c>oidc_auth_role_arn</c>.</remarks>
    public string? OidcAuthRoleArn { get; set; }

    /// <summary>Mounts the whole bucket of this name, readable and writable, without credentials.</summary>
    /// <param name="bucketName">The bucket's name.</param>
    public static implicit operator ModalCloudBucketMount(string bucketName) => new() { BucketName = bucketName };
}
