import { client, failure, report, run, withSandbox } from "./harness.mjs";

const { hostname, port } = new URL(process.env.MODAL_SERVER_URL);
const connect = ["bash", "-c", `exec 3<>/dev/tcp/${hostname}/${port}`];
const create = (params) => failure(() => withSandbox(params, () => null));

await report({
  network: async () => ({
    open: await withSandbox({}, async (sandbox) => (await run(sandbox, connect)).code),
    blocked: await withSandbox({ blockNetwork: true }, async (sandbox) => (await run(sandbox, connect)).code !== 0),
    emptyAllowlist: await withSandbox({ outboundCidrAllowlist: [] }, async (sandbox) => (await run(sandbox, connect)).code !== 0),
  }),

  options: async () => ({
    gpu: await create({ gpu: "T4" }),
    cpuLimit: await create({ cpu: 1, cpuLimit: 2 }),
    memoryLimit: await create({ memoryMiB: 128, memoryLimitMiB: 256 }),
    snapshots: await create({ experimentalEnableSnapshot: true }),
    customDomain: await create({ customDomain: "example.com" }),
    identity: await create({ includeOidcIdentityToken: true }),
    runtime: await create({ runtime: "vm" }),
    experimental: await create({ experimentalOptions: { enable_something_else: true } }),
  }),

  invalid: async () => {
    const image = { imageId: "im-0000000000000000000000", build: async () => image };
    const app = await client.apps.fromName("conformance", { createIfMissing: true });
    const unknown = { appId: "ap-0000000000000000000000" };
    const built = await client.images.fromRegistry("debian:12").build(app);
    return {
      timeout: await create({ timeoutMs: 86401000 }),
      command: await create({ command: ["x".repeat(65537)] }),
      nul: await create({ command: ["a\0b"] }),
      program: await create({ command: ["", "b"] }),
      image: await failure(() => client.sandboxes.create(app, image)),
      app: await failure(() => client.sandboxes.create(unknown, built)),
    };
  },

  longest: () => withSandbox({ timeoutMs: 86400000, command: ["sh", "-c", "exit 0 #" + "x".repeat(65516)] }, (sandbox) => sandbox.wait()),

  hints: () => withSandbox({ cpu: 0.5, memoryMiB: 256, regions: ["eu"], cloud: "aws" }, async (sandbox) => (await run(sandbox, ["echo", "placed"])).stdout),

  unserved: () => failure(() => client.functions.fromName("conformance", "any")),
});
