// The measured side in JavaScript: the same three operations as WaitsClient.cs, by Modal's own SDK.
import { createInterface } from "node:readline";
import { ModalClient } from "modal";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function measure(phase, action) {
  console.log(`begin ${phase}`);
  await lines.next();
  const started = performance.now();
  await action();
  console.log(`end ${phase} ${(performance.now() - started).toFixed(1)}`);
  await lines.next();
}

async function firstOutput(sandbox) {
  const command = await sandbox.exec(["echo", "hi"]);
  const { value } = await command.stdout.getReader().read();
  if (value !== "hi\n") throw new Error(`The command wrote ${value}`);
}

let client, app, first, second;
const image = () => client.images.fromRegistry("python:3.13-slim");
await measure("fresh", async () => {
  client = new ModalClient({ tokenId: "ak-waits", tokenSecret: "as-waits" });
  app = await client.apps.fromName("waits", { createIfMissing: true });
  first = await client.sandboxes.create(app, image());
  await firstOutput(first);
});
await measure("second", async () => {
  second = await client.sandboxes.create(app, image());
  await firstOutput(second);
});
await measure("warm", async () => {
  const command = await second.exec(["echo", "hi"]);
  const output = await command.stdout.readText();
  const exitCode = await command.wait();
  if (output !== "hi\n" || exitCode !== 0) throw new Error(`The command answered ${exitCode}: ${output}`);
});
await first.terminate();
await second.terminate();
client.close();
process.exit(0);
