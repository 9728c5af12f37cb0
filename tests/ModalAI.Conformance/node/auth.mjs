import { client, failure, report } from "./harness.mjs";

await report({ app: () => failure(() => client.apps.fromName("conformance", { createIfMissing: true })) });
