import net from "node:net";
import tls from "node:tls";
import { once } from "node:events";
import { ExperimentalOutboundPolicy } from "modal";
import { client, failure, report, run, withSandbox } from "./harness.mjs";

// The outside is this computer as others see it: an address that is not its loopback's.
const OUTSIDE = process.env.OUTSIDE_ADDRESS;
const credentials = { key: process.env.OUTSIDE_KEY, cert: process.env.OUTSIDE_CERTIFICATE };
const create = (params) => failure(() => withSandbox(params, () => null));

/** Serves whoever connects with a greeting, and keeps the connection open. */
async function listen(server, port, host) {
  server.on("connection", (socket) => socket.on("error", () => {})).on("secureConnection", (socket) => socket.on("error", () => {}));
  for (let attempt = 0; ; attempt++) {
    server.listen(port, host);
    try {
      await once(server, "listening");
      return server.address().port;
    } catch (error) {
      // Another run of these cases may have the port.
      if (error.code !== "EADDRINUSE" || attempt === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

const port = await listen(net.createServer((socket) => socket.write("outside\n")), 0, OUTSIDE);
const loopback = await listen(net.createServer((socket) => socket.write("inside of the computer\n")), 0, "127.0.0.1");
const canListenOnTls = process.getuid() === 0;
if (canListenOnTls) await listen(tls.createServer(credentials, (socket) => socket.write(`tls ${socket.servername}\n`)), 443, OUTSIDE);

const report1 = (event) => `.on("error", (e) => { console.log(e.code); process.exit(1) }).on("close", () => { console.log("closed"); process.exit(1) })${event}`;

/** What a program inside hears from an address: its greeting, or what became of the connection. */
async function hear(sandbox, host, at) {
  const script = `require("net").connect(${at}, ${JSON.stringify(host)})${report1(`.on("data", (d) => { console.log(String(d).trim()); process.exit() })`)}`;
  return (await run(sandbox, [process.execPath, "-e", script])).stdout.trim();
}

async function hearTls(sandbox, host, servername) {
  const script = `require("tls").connect({ port: 443, host: ${JSON.stringify(host)}, servername: ${JSON.stringify(servername)}, rejectUnauthorized: false })${report1(`.on("data", (d) => { console.log(String(d).trim()); process.exit() })`)}`;
  return (await run(sandbox, [process.execPath, "-e", script])).stdout.trim();
}

/** A program inside that holds a connection, and tells each thing that happens to it. */
async function hold(sandbox, host, at) {
  const process_ = await sandbox.exec([process.execPath, "-e", `require("net").connect(${at}, ${JSON.stringify(host)})${report1(`.on("data", (d) => console.log(String(d).trim()))`)}`]);
  const reader = process_.stdout.getReader();
  let text = "";
  return async () => {
    while (!text.includes("\n")) {
      const { value, done } = await reader.read();
      if (done) return "ended";
      text += value;
    }
    const [line, ...rest] = text.split("\n");
    text = rest.join("\n");
    return line;
  };
}

const refusal = async (action) => (await failure(action))?.message ?? null;

await report({
  allowed: () =>
    withSandbox({ outboundCidrAllowlist: [`${OUTSIDE}/32`] }, async (sandbox) => ({
      outside: await hear(sandbox, OUTSIDE, port),
      byName: await hear(sandbox, "host.example", port),
      loopback: await hear(sandbox, "127.0.0.1", loopback),
      mapped: await hear(sandbox, "::ffff:127.0.0.1", loopback),
      any: await hear(sandbox, "0.0.0.0", loopback),
      elsewhere: await hear(sandbox, "203.0.113.1", port),
      elsewhereByName: await hear(sandbox, "elsewhere.example", port),
    })),

  otherNetwork: () => withSandbox({ outboundCidrAllowlist: ["203.0.113.0/24", "203.0.113.0/25"] }, (sandbox) => hear(sandbox, OUTSIDE, port)),

  everything: () =>
    withSandbox({ outboundCidrAllowlist: ["0.0.0.0/0"] }, async (sandbox) => ({
      outside: await hear(sandbox, OUTSIDE, port),
      loopback: await hear(sandbox, "127.0.0.1", loopback),
      nameOfLoopback: await hear(sandbox, "loopback.example", loopback),
      nobody: await hear(sandbox, "nobody.example", port),
    })),

  empty: () =>
    withSandbox({ outboundCidrAllowlist: [], outboundDomainAllowlist: [] }, async (sandbox) => ({
      outside: await hear(sandbox, OUTSIDE, port),
      byName: await hear(sandbox, "host.example", port),
    })),

  datagrams: () =>
    withSandbox({ outboundCidrAllowlist: [`${OUTSIDE}/32`] }, async (sandbox) =>
      (await run(sandbox, [process.execPath, "-e", `require("dgram").createSocket("udp4").send("x", 9999, "${OUTSIDE}", (e) => { console.log(e ? e.code : "sent"); process.exit() })`])).stdout.trim(),
    ),

  rulesOfItsOwn: () =>
    withSandbox({ outboundCidrAllowlist: ["203.0.113.0/24"] }, async (sandbox) => {
      const tried = await run(sandbox, ["sh", "-c", "nft flush ruleset || ip route add default dev lo; unshare -Urn true; nft list ruleset"]);
      return { failed: tried.code !== 0, after: await hear(sandbox, OUTSIDE, port) };
    }),

  ...(canListenOnTls && {
    domains: () =>
      withSandbox({ outboundDomainAllowlist: ["host.example", "*.wild.example"] }, async (sandbox) => ({
        byName: await hearTls(sandbox, "host.example", "host.example"),
        wildcard: await hearTls(sandbox, "a.wild.example", "a.wild.example"),
        apex: await hearTls(sandbox, "wild.example", "wild.example"),
        otherName: await hearTls(sandbox, "other.example", "other.example"),
        otherNameByAddress: await hearTls(sandbox, OUTSIDE, "other.example"),
        // The name counts, not the address that the program chose.
        wrongAddress: await hearTls(sandbox, "203.0.113.1", "host.example"),
        notTls: await hear(sandbox, "host.example", port),
        plaintextOnTheTlsPort: (await run(sandbox, [process.execPath, "-e", `require("net").connect(443, "host.example")${report1(`.on("connect", function () { this.write("GET / HTTP/1.0\\r\\n\\r\\n") })`)}`])).stdout.trim(),
      })),

    domainsAndCidrs: () =>
      withSandbox({ outboundDomainAllowlist: ["host.example"], outboundCidrAllowlist: ["203.0.113.0/24"] }, async (sandbox) => ({
        domain: await hearTls(sandbox, "host.example", "host.example"),
        address: await hear(sandbox, OUTSIDE, port),
      })),

    anyDomain: () => withSandbox({ outboundDomainAllowlist: ["*"] }, async (sandbox) => ({ tls: await hearTls(sandbox, "other.example", "other.example"), tcp: await hear(sandbox, OUTSIDE, port) })),
  }),

  update: () =>
    withSandbox({ outboundCidrAllowlist: [`${OUTSIDE}/32`] }, async (sandbox) => {
      const next = await hold(sandbox, OUTSIDE, port);
      const greeting = await next();
      await sandbox.updateNetworkPolicy({ outboundCidrAllowlist: [`${OUTSIDE}/32`, "203.0.113.0/24"], outboundDomainAllowlist: [] });
      const kept = await hear(sandbox, OUTSIDE, port);
      await sandbox.updateNetworkPolicy({ outboundCidrAllowlist: [], outboundDomainAllowlist: [] });
      const cut = await next();
      const refused = await hear(sandbox, OUTSIDE, port);
      await sandbox.updateNetworkPolicy({ outboundCidrAllowlist: ["0.0.0.0/0"], outboundDomainAllowlist: [] });
      return { greeting, kept, cut: ["ECONNRESET", "closed"].includes(cut), refused, again: await hear(sandbox, OUTSIDE, port) };
    }),

  // Only an open sandbox that has tunnels has a network of its own in the emulator.
  updateOpen: () =>
    withSandbox({ encryptedPorts: [8000] }, async (sandbox) => {
      const before = { outside: await hear(sandbox, OUTSIDE, port), loopback: await hear(sandbox, "127.0.0.1", loopback) };
      await sandbox.updateNetworkPolicy({ outboundCidrAllowlist: [], outboundDomainAllowlist: [] });
      return { ...before, after: await hear(sandbox, OUTSIDE, port) };
    }),

  updateShared: () => withSandbox({}, (sandbox) => failure(() => sandbox.updateNetworkPolicy({ outboundCidrAllowlist: [], outboundDomainAllowlist: [] }))),
  updateBlocked: () => withSandbox({ blockNetwork: true }, (sandbox) => failure(() => sandbox.updateNetworkPolicy({ outboundCidrAllowlist: [], outboundDomainAllowlist: [] }))),
  updateBad: () => withSandbox({ outboundCidrAllowlist: [] }, (sandbox) => failure(() => sandbox.updateNetworkPolicy({ outboundCidrAllowlist: ["10.0.0.0/33"], outboundDomainAllowlist: [] }))),
  updateHalf: () => withSandbox({ outboundCidrAllowlist: [] }, (sandbox) => failure(() => sandbox.updateNetworkPolicy({ outboundCidrAllowlist: [] }))),

  badCidr: () => create({ outboundCidrAllowlist: ["not-a-cidr"] }),
  badCidrV6: () => create({ outboundCidrAllowlist: ["2001:db8::/32"] }),
  badDomain: () => create({ outboundDomainAllowlist: ["https://example.com"] }),
  badRegion: () => create({ regions: ["us-east", "atlantis"] }),
  badCloud: () => create({ cloud: "nimbus" }),
  blockedWithList: () => create({ blockNetwork: true, outboundCidrAllowlist: ["10.0.0.0/8"] }),
  blockedWithInbound: () => create({ blockNetwork: true, inboundCidrAllowlist: ["10.0.0.0/8"] }),
  blockedWithI6pn: () => create({ blockNetwork: true, i6pn: true }),

  proxy: async () => ({ id: (await client.proxies.fromName("static")).proxyId, used: await create({ proxy: await client.proxies.fromName("static") }) }),
  proxyUnknown: () => failure(() => client.proxies.fromName("nobody")),
  i6pn: () => create({ i6pn: true }),
  outboundPolicy: () => create({ experimentalOutboundPolicy: new ExperimentalOutboundPolicy().withHeaderReplacement({ domain: "api.example.com", headers: { authorization: "x" } }) }),
});
