export const resources = {
  "look an app up": async ({ client, refused }) => {
    await client.apps.fromName("new", { createIfMissing: true });
    await refused(() => client.apps.fromName("none"));
  },

  "look a secret up": async ({ client, refused }) => {
    await client.secrets.fromName("warehouse", { requiredKeys: ["WAREHOUSE_KEY"] });
    await refused(() => client.secrets.fromName("none"));
  },

  "look a volume up and delete it": async ({ client }) => {
    await client.volumes.fromName("new", { createIfMissing: true });
    await client.volumes.delete("new");
  },

  "look things up in another environment": async ({ client, refused }) => {
    const environment = "staging";
    await client.apps.fromName("new", { createIfMissing: true, environment });
    await client.secrets.fromName("warehouse", { environment });
    await client.volumes.fromName("new", { createIfMissing: true, environment });
    await refused(() => client.apps.fromName("new", { createIfMissing: true, environment: "nowhere" }));
  },

  "make an environment, list and delete it": async ({ client, refused }) => {
    await client.environments.objects.create("passing", { restricted: true, defaultRole: "viewer" });
    await refused(() => client.environments.objects.create("passing"));
    await client.environments.fromName("passing");
    for await (const _ of client.environments.objects.list());
    await client.environments.objects.delete("passing");
    await client.environments.fromName("passing", { createIfMissing: true });
    await client.environments.objects.delete("passing");
    await refused(() => client.environments.fromName("passing"));
  },

  "ask for an app's information and list apps": async ({ client }) => {
    const app = await client.apps.fromName("described", { createIfMissing: true });
    await app.info({ refresh: true });
    for await (const _ of (await client.environments.fromName("staging")).apps.list());
  },

  "delete a secret": async ({ client }) => {
    await client.environments.objects.create("secretive");
    await client.secrets.delete("registry", { environment: "secretive" });
    await client.secrets.delete("registry", { environment: "secretive", allowMissing: true });
    await client.environments.objects.delete("secretive");
  },

  "look a volume of a version up": async ({ client, refused }) => {
    await client.volumes.fromName("versioned", { createIfMissing: true, version: 2 });
    await refused(() => client.volumes.fromName("versioned", { version: 1 }));
    await client.volumes.delete("versioned");
    await client.volumes.delete("versioned", { allowMissing: true });
  },

  "mount an ephemeral volume": async ({ client, withSandbox }) => {
    const volume = await client.volumes.ephemeral();
    await withSandbox({ volumes: { "/data": volume, "/part": volume.withMountOptions({ readOnly: true, subPath: "part" }) } });
    volume.closeEphemeral();
  },

  "mount cloud buckets": async ({ client, withSandbox }) => {
    const named = await client.secrets.fromName("warehouse");
    const values = await client.secrets.fromObject({ AWS_ACCESS_KEY_ID: "id" });
    await withSandbox({
      cloudBucketMounts: {
        "/bare": client.cloudBucketMounts.create("bare"),
        "/full": client.cloudBucketMounts.create("full", {
          secret: named,
          readOnly: true,
          requesterPays: true,
          bucketEndpointUrl: "https://account.r2.cloudflarestorage.com",
          keyPrefix: "reports/",
          oidcAuthRoleArn: "arn:aws:iam::1:role/reader",
        }),
        "/google": client.cloudBucketMounts.create("google", { secret: values, bucketEndpointUrl: "https://storage.googleapis.com" }),
        "/other": client.cloudBucketMounts.create("other", { bucketEndpointUrl: "https://minio.example:9000" }),
      },
    });
  },

  "reload volumes": async ({ client, withSandbox }) => {
    const volume = await client.volumes.fromName("reloaded", { createIfMissing: true });
    await withSandbox({ volumes: { "/data": volume } }, (sandbox) => sandbox.reloadVolumes());
  },
};
