import { ExperimentalOutboundPolicy, Probe } from "modal";

export const networks = {
  "create with network options": async (run) =>
    run.withSandbox({
      inboundCidrAllowlist: ["203.0.113.0/24"],
      i6pn: true,
      proxy: await run.client.proxies.fromName("static"),
      readinessProbe: Probe.withTcp(8080),
    }),

  "create with a probe command": (run) => run.withSandbox({ readinessProbe: Probe.withExec(["test", "-e", "/ready"], { intervalMs: 250 }) }),

  "create with an outbound policy": async (run) => {
    const secret = await run.client.secrets.fromName("warehouse");
    const policy = new ExperimentalOutboundPolicy()
      .withHeaderReplacement({ domain: "api.example.com", headers: { authorization: "Bearer $WAREHOUSE_KEY" }, secret })
      .withHeaderReplacement({ domain: "*", headers: { "x-plain": "$$5" } });
    await run.withSandbox({ experimentalOutboundPolicy: policy }, (sandbox) => sandbox.experimentalUpdateOutboundPolicy(policy));
  },

  "tunnels known from the creation": (run) => run.withSandbox({ encryptedPorts: [8080], h2Ports: [8081] }, (sandbox) => sandbox.tunnels()),

  "tunnels asked for": (run) =>
    run.withSandbox({ encryptedPorts: [8080], unencryptedPorts: [2222] }, async (sandbox) => {
      await sandbox.tunnels(20_000);
      await sandbox.tunnels();
    }),

  "connect tokens": (run) =>
    run.withSandbox({}, async (sandbox) => {
      await sandbox.createConnectToken();
      await sandbox.createConnectToken({ port: 9000, userMetadata: "user-7" });
    }),

  "update of the network policy": (run) =>
    run.withSandbox({ outboundCidrAllowlist: [] }, async (sandbox) => {
      await sandbox.updateNetworkPolicy({ outboundCidrAllowlist: ["203.0.113.0/24"], outboundDomainAllowlist: ["*.example.com"] });
      await sandbox.updateNetworkPolicy({ outboundCidrAllowlist: [], outboundDomainAllowlist: [] });
    }),

  "proxy that is not there": (run) => run.refused(() => run.client.proxies.fromName("nobody", { environment: "staging" })),
};
