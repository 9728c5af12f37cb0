import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import net from "node:net";
import { client, failure, report, run, v2, withSandbox } from "./harness.mjs";

// A server for each of the two ways in, in the only language that every sandbox of the tests has: it tells what it was sent.
const ECHO = `use strict; use Socket;
my $port = shift; socket(my $s, AF_INET, SOCK_STREAM, 0); setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1);
bind($s, sockaddr_in($port, INADDR_LOOPBACK)) or die "bind: $!"; listen($s, 16); $| = 1; print "up\\n";
while (accept(my $c, $s)) { binmode $c; my $all = ''; while (sysread($c, my $part, 65536)) { $all .= $part; last if $all =~ /\\r\\n\\r\\n/ && $all =~ /^(GET|POST) / }
  if ($all =~ /^GET /) { my $body = $all; syswrite($c, "HTTP/1.1 200 OK\\r\\nContent-Length: " . length($body) . "\\r\\nX-Inside: yes\\r\\nConnection: close\\r\\n\\r\\n$body") }
  else { syswrite($c, "got $all") }
  close $c }`;

/** Starts the server and returns when it listens. */
async function serve(sandbox, port) {
  const server = await sandbox.exec(["perl", "-e", ECHO, String(port)]);
  const reader = server.stdout.getReader();
  const { value } = await reader.read();
  reader.releaseLock();
  return value;
}

function get(url, options = {}) {
  return new Promise((resolve, reject) => {
    const request = (url.startsWith("https") ? https : http).get(url, { rejectUnauthorized: false, agent: false, ...options }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (part) => (body += part)).on("end", () => resolve({ status: response.statusCode, inside: response.headers["x-inside"] ?? null, body }));
      response.on("error", reject);
    });
    request.on("error", reject);
  });
}

const outcome = (promise) => promise.then(() => "connected", (error) => error.code ?? error.message);

/** Sends a text, ends its own half, and reads to the end of the other. */
function exchange([host, port], text) {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = net.connect({ host, port, allowHalfOpen: true }, () => socket.end(text));
    socket.setEncoding("utf8").on("data", (part) => (answer += part)).on("end", () => resolve(answer)).on("error", reject);
  });
}

await report({
  https: () =>
    withSandbox({ encryptedPorts: [8000] }, async (sandbox) => {
      await serve(sandbox, 8000);
      const tunnel = (await sandbox.tunnels())[8000];
      const answer = await get(`${tunnel.url}/path?x=1`);
      return { url: tunnel.url, status: answer.status, inside: answer.inside, line: answer.body.split("\r\n")[0], tcp: await failure(async () => tunnel.tcpSocket) };
    }),

  plaintextThroughTheEncryptedTunnel: () =>
    withSandbox({ encryptedPorts: [8000] }, async (sandbox) => {
      await serve(sandbox, 8000);
      return (await get((await sandbox.tunnels())[8000].url.replace("https:", "http:"))).status;
    }),

  unencrypted: () =>
    withSandbox({ unencryptedPorts: [9000] }, async (sandbox) => {
      await serve(sandbox, 9000);
      const tunnel = (await sandbox.tunnels())[9000];
      return { answer: await exchange(tunnel.tcpSocket, "hello"), tls: (await get(tunnel.url)).status };
    }),

  http2: () =>
    withSandbox({ h2Ports: [8443], encryptedPorts: [8000] }, async (sandbox) => {
      const tunnels = await sandbox.tunnels();
      const protocol = (url) =>
        new Promise((resolve, reject) => {
          const session = http2.connect(url, { rejectUnauthorized: false }, (_, socket) => {
            resolve(socket.alpnProtocol);
            session.destroy();
          });
          session.on("error", reject);
        });
      return { h2: await protocol(tunnels[8443].url), encrypted: (await failure(() => protocol(tunnels[8000].url))) !== null };
    }),

  // Of each kind one, in the order of the wire.
  kinds: () =>
    withSandbox({ encryptedPorts: [8000], h2Ports: [8001], unencryptedPorts: [8002] }, async (sandbox) => {
      const tunnels = await sandbox.tunnels();
      return Object.entries(tunnels).map(([port, tunnel]) => [port, tunnel.unencryptedPort !== undefined]);
    }),

  samePortTwice: () =>
    withSandbox({ encryptedPorts: [8000] }, (one) =>
      withSandbox({ encryptedPorts: [8000] }, async (two) => {
        const up = [await serve(one, 8000), await serve(two, 8000)];
        const urls = [(await one.tunnels())[8000].url, (await two.tunnels())[8000].url];
        return { up, different: urls[0] !== urls[1], statuses: [(await get(urls[0])).status, (await get(urls[1])).status] };
      }),
    ),

  // A tunnel has no say in whether somebody listens.
  nothingListens: () => withSandbox({ encryptedPorts: [8000] }, async (sandbox) => outcome(get((await sandbox.tunnels())[8000].url))),

  none: () => withSandbox({}, (sandbox) => sandbox.tunnels()),

  fromId: () =>
    withSandbox({ encryptedPorts: [8000] }, async (sandbox) => {
      const same = await client.sandboxes.fromId(sandbox.sandboxId);
      return (await same.tunnels())[8000].url === (await sandbox.tunnels())[8000].url;
    }),

  afterTheEnd: () =>
    withSandbox({ encryptedPorts: [8000] }, async (sandbox) => {
      await serve(sandbox, 8000);
      const { url } = (await sandbox.tunnels())[8000];
      const before = (await get(url)).status;
      await sandbox.terminate({ wait: true });
      const late = await client.sandboxes.fromId(sandbox.sandboxId);
      return { before, connected: await outcome(get(url)), tunnels: await failure(() => late.tunnels()) };
    }),

  blockedNetwork: () => failure(() => withSandbox({ blockNetwork: true, encryptedPorts: [8000] }, () => null)),
  portZero: () => failure(() => withSandbox({ encryptedPorts: [0] }, () => null)),
  portTooHigh: () => failure(() => withSandbox({ unencryptedPorts: [65536] }, () => null)),
  portTwice: () => failure(() => withSandbox({ encryptedPorts: [8000], unencryptedPorts: [8000] }, () => null)),

  inbound: () =>
    withSandbox({ encryptedPorts: [8000], inboundCidrAllowlist: ["127.0.0.0/8"] }, async (sandbox) => {
      await serve(sandbox, 8000);
      return (await get((await sandbox.tunnels())[8000].url)).status;
    }),

  inboundElsewhere: () =>
    withSandbox({ encryptedPorts: [8000], inboundCidrAllowlist: ["203.0.113.0/24"] }, async (sandbox) => {
      await serve(sandbox, 8000);
      const { url, token } = await sandbox.createConnectToken({ port: 8000 });
      return { tunnel: await outcome(get((await sandbox.tunnels())[8000].url)), token: (await get(url, { headers: { authorization: `Bearer ${token}` } })).status };
    }),

  inboundBad: () => failure(() => withSandbox({ inboundCidrAllowlist: ["everywhere"] }, () => null)),

  connectToken: () =>
    withSandbox({}, async (sandbox) => {
      await serve(sandbox, 8123);
      const { url, token } = await sandbox.createConnectToken({ port: 8123, userMetadata: "user é 7" });
      const bearer = await get(`${url}/a%2Fb?x=1&y=%20`, { headers: { authorization: `Bearer ${token}`, "x-verified-user-data": "forged", "x-kept": "kept", cookie: "a=b" } });
      const query = await get(`${url}/q?_modal_connect_token=${token}&x=1`);
      const cookie = await get(`${url}/c`, { headers: { cookie: `a=b; _modal_connect_token=${token}; c=d` } });
      return { bearer, query, cookie, leaked: [bearer, query, cookie].some((answer) => answer.body.includes(token)) };
    }),

  connectTokenWithoutMetadata: () =>
    withSandbox({}, async (sandbox) => {
      await serve(sandbox, 8124);
      const { url, token } = await sandbox.createConnectToken({ port: 8124 });
      return (await get(url, { headers: { authorization: `Bearer ${token}`, "x-verified-user-data": "forged" } })).body.toLowerCase().includes("x-verified-user-data");
    }),

  connectTokenDefaultPort: () => withSandbox({ encryptedPorts: [1] }, async (sandbox) => {
      const { url, token } = await sandbox.createConnectToken();
      await serve(sandbox, 8080);
      return (await get(url, { headers: { authorization: `Bearer ${token}` } })).status;
    }),

  connectTokenWrong: () =>
    withSandbox({}, async (sandbox) => {
      const { url, token } = await sandbox.createConnectToken({ port: 8125 });
      const status = async (headers) => (await get(url, { headers })).status;
      const before = { none: await status({}), wrong: await status({ authorization: "Bearer wrong" }), nothingListens: await status({ authorization: `Bearer ${token}` }) };
      await sandbox.terminate({ wait: true });
      return { ...before, ended: await status({ authorization: `Bearer ${token}` }), again: await failure(() => sandbox.createConnectToken()) };
    }),

  connectTokenBadMetadata: () => withSandbox({}, (sandbox) => failure(() => sandbox.createConnectToken({ userMetadata: "a\r\nX-Forged: b" }))),
});
