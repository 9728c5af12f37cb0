import { client, failure, report, run, v2, withSandbox } from "./harness.mjs";

const bucket = (params, name = "reports") => client.cloudBucketMounts.create(name, params);
const mounted = (mount, command) => withSandbox({ cloudBucketMounts: { "/bucket": mount } }, async (sandbox) => await run(sandbox, ["sh", "-c", command]));

await report({
  reads: async () => (await mounted(bucket(), "cat /bucket/index.txt /bucket/2026/january.txt")).stdout,

  writes: async () => {
    await mounted(bucket(), "mkdir -p /bucket/out && echo written > /bucket/out/result");
    return await withSandbox({ cloudBucketMounts: { "/elsewhere": bucket() } }, (sandbox) => sandbox.filesystem.readText("/elsewhere/out/result"));
  },

  readOnly: async () => {
    const result = await mounted(bucket({ readOnly: true }), "cat /bucket/index.txt; echo changed > /bucket/index.txt");
    return { stdout: result.stdout, failed: result.code !== 0 };
  },

  keyPrefix: async () => (await mounted(bucket({ keyPrefix: "2026/" }), "ls /bucket; cat /bucket/january.txt")).stdout,

  newKeyPrefix: async () => {
    const made = await mounted(bucket({ keyPrefix: "deep/new/" }), "ls /bucket | wc -l; echo x > /bucket/file");
    return { made: made.stdout.trim(), seen: (await mounted(bucket(), "cat /bucket/deep/new/file")).stdout };
  },

  keyPrefixOverALink: () => failure(() => mounted(bucket({ keyPrefix: "link/etc/" }), "true")),

  keyPrefixUpwards: () => failure(() => mounted(bucket({ keyPrefix: "../" }), "true")),

  badKeyPrefix: () => failure(() => bucket({ keyPrefix: "2026" })),

  requesterPaysAlone: () => failure(() => bucket({ requesterPays: true })),

  badEndpoint: () => failure(() => bucket({ bucketEndpointUrl: "not a url" })),

  credentials: async () => {
    const named = await client.secrets.fromName("warehouse");
    const local = await client.secrets.fromObject({ AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "key" });
    return {
      named: (await mounted(bucket({ secret: named, requesterPays: true }), "cat /bucket/index.txt")).stdout,
      local: (await mounted(bucket({ secret: local }), "cat /bucket/index.txt; printenv AWS_SECRET_ACCESS_KEY")).stdout,
    };
  },

  deletedCredentials: async () => {
    const secret = await client.secrets.fromName("short-lived");
    await client.secrets.delete("short-lived");
    return await failure(() => mounted(bucket({ secret }), "true"));
  },

  endpoints: async () => {
    const results = {};
    for (const [name, bucketEndpointUrl] of [["r2", "https://account.r2.cloudflarestorage.com"], ["gcs", "https://storage.googleapis.com"], ["other", "https://minio.example:9000"]])
      results[name] = (await mounted(bucket({ bucketEndpointUrl }), "cat /bucket/index.txt")).stdout;
    return results;
  },

  role: async () => (await mounted(bucket({ oidcAuthRoleArn: "arn:aws:iam::1:role/reader" }), "cat /bucket/index.txt")).stdout,

  unmapped: () => failure(() => mounted(bucket({}, "unheard-of"), "true")),

  paths: async () => {
    const volume = await client.volumes.fromName("beside", { createIfMissing: true });
    return {
      root: await failure(() => withSandbox({ cloudBucketMounts: { "/": bucket() } }, () => null)),
      relative: await failure(() => withSandbox({ cloudBucketMounts: { data: bucket() } }, () => null)),
      taken: await failure(() => withSandbox({ cloudBucketMounts: { "/data": bucket() }, volumes: { "/data": volume } }, () => null)),
      nested: await failure(() => withSandbox({ cloudBucketMounts: { "/data/bucket": bucket() }, volumes: { "/data": volume } }, () => null)),
      beside: await failure(() => withSandbox({ cloudBucketMounts: { "/bucket": bucket() }, volumes: { "/data": volume } }, () => null)),
    };
  },

  two: async () =>
    await withSandbox({ cloudBucketMounts: { "/a": bucket(), "/b": bucket({ keyPrefix: "2026/" }) } }, async (sandbox) => (await run(sandbox, ["cat", "/a/index.txt", "/b/january.txt"])).stdout),

  sidecar: () =>
    withSandbox({}, async (sandbox, app) => {
      const image = await client.images.fromRegistry("debian:12").build(app);
      const volume = await client.volumes.fromName("of-a-sidecar", { createIfMissing: true });
      const create = (params) => sandbox.experimentalSidecars.create("side", image, params);
      if (!v2) return { refused: await failure(() => create({ cloudBucketMounts: { "/bucket": bucket() } })) };
      const sidecar = await create({ cloudBucketMounts: { "/bucket": bucket({ readOnly: true }) }, volumes: { "/data": volume } });
      await sidecar.reloadVolumes();
      return { read: (await run(sidecar, ["cat", "/bucket/index.txt"])).stdout, main: (await run(sandbox, ["ls", "/bucket"])).code !== 0 };
    }),
});
