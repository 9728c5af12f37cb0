import { toTheEnd } from "./wire-commands.mjs";

export const sandboxes = {
  "create with nothing said": (run) => run.withSandbox({}),

  "create with everything": (run) =>
    run.withSandbox({
      name: "with-everything",
      tags: { team: "a", run: "1" },
      timeoutMs: 600_000,
      idleTimeoutMs: 120_000,
      workdir: "/tmp",
      command: ["sleep", "600"],
      cpu: 0.5,
      cpuLimit: 1.25,
      memoryMiB: 256,
      memoryLimitMiB: 512,
      regions: ["us-east", "eu-west"],
      cloud: "aws",
      verbose: true,
    }),

  "create with a GPU": (run) => run.withSandbox({ gpu: "a100:2" }),

  "create with ports": (run) =>
    run.withSandbox({ encryptedPorts: [8080, 8081], h2Ports: [9090], unencryptedPorts: [2222] }),

  "create without network": (run) => run.withSandbox({ blockNetwork: true }),

  "create with allowlists": (run) =>
    run.withSandbox({ outboundCidrAllowlist: ["10.0.0.0/8"], outboundDomainAllowlist: ["*.example.com", "modal.com"] }),

  "create with an empty allowlist": (run) => run.withSandbox({ outboundCidrAllowlist: [] }),

  "create with secrets and variables": async ({ client, withSandbox }) => {
    const secrets = [
      await client.secrets.fromObject({ A: "1", B: "1" }),
      await client.secrets.fromName("warehouse"),
      await client.secrets.fromObject({ B: "2" }),
    ];
    await withSandbox({ secrets, env: { C: "3", D: "" } });
  },

  "create with a secret of no values": async ({ client, withSandbox }) =>
    withSandbox({ secrets: [await client.secrets.fromObject({})] }),

  "create with volumes": async ({ client, withSandbox }) => {
    const volume = (name) => client.volumes.fromName(name, { createIfMissing: true });
    await withSandbox({
      volumes: {
        "/data": await volume("data"),
        "/read": (await volume("read")).withMountOptions({ readOnly: true }),
        "/part": (await volume("part")).withMountOptions({ subPath: "reports/2026" }),
      },
    });
  },

  "create with a runtime and an identity": (run) =>
    run.withSandbox({
      runtime: "gvisor",
      customDomain: "sandboxes.example.com",
      includeOidcIdentityToken: true,
    }),

  "create with experimental options": (run) => run.withSandbox({ experimentalOptions: { some_option: true, other: "text" } }),

  "name a sandbox later": (run) =>
    run.withSandbox({}, async (sandbox) => {
      await sandbox.experimentalSetName("later");
      await run.client.sandboxes.fromName("wire", "later");
    }),

  "find one that has ended by name": async (run) => {
    await run.withSandbox({ name: "ended" }, (sandbox) => sandbox.terminate({ wait: true }));
    await run.client.sandboxes.fromName("wire", "ended", { includeTerminated: true });
  },

  "create in an environment": async ({ client, debian }) => {
    const environment = "staging";
    const app = await client.apps.fromName("wire", { createIfMissing: true, environment });
    const warehouse = await client.secrets.fromName("warehouse", { environment });
    const secrets = [warehouse, await client.secrets.fromObject({ A: "1" }, { environment })];
    const volumes = { "/data": await client.volumes.fromName("data", { createIfMissing: true, environment }) };
    const sandbox = await client.sandboxes.create(app, debian, { name: "staged", secrets, volumes });
    await client.sandboxes.fromName("wire", "staged", { environment });
    await list({ client }, { environment });
    await toTheEnd(await sandbox.exec(["true"], { mode: "binary", secrets: [warehouse] }));
    await sandbox.terminate();
  },

  "create two": (run) => run.withSandbox({}, () => run.withSandbox({})),

  "create with a name that is taken": (run) =>
    run.withSandbox({ name: "taken" }, () => run.refused(() => run.withSandbox({ name: "taken" }))),

  "find by name": (run) => run.withSandbox({ name: "by-name" }, () => run.client.sandboxes.fromName("wire", "by-name")),

  "find by a name that nobody has": (run) =>
    run.withSandbox({}, () => run.refused(() => run.client.sandboxes.fromName("wire", "nobody"))),

  "find by id": (run) =>
    run.withSandbox({}, async (sandbox) => (await run.client.sandboxes.fromId(sandbox.sandboxId)).poll()),

  "list of an app": (run) =>
    run.withSandbox({}, async () => list(run, { appId: (await run.client.apps.fromName("wire")).appId, tags: { team: "a" } })),

  "list of the environment": (run) => run.withSandbox({}, () => list(run, {})),

  tags: (run) =>
    run.withSandbox({}, async (sandbox) => {
      await sandbox.setTags({ team: "b" });
      await sandbox.getTags();
      await sandbox.setTags({});
    }),

  "poll, terminate and wait": (run) =>
    run.withSandbox({}, async (sandbox) => {
      await sandbox.poll();
      await sandbox.terminate();
      await sandbox.wait();
    }),

  "wait for the entrypoint": (run) => run.withSandbox({ command: ["sh", "-c", "exit 3"] }, (sandbox) => sandbox.wait()),
};

async function list({ client }, params) {
  for await (const _ of client.sandboxes.list(params));
}
