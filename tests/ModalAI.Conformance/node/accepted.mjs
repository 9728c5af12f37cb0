import { ExperimentalOutboundPolicy } from "modal";
import { client, failure, report, run, withSandbox } from "./harness.mjs";

const works = (params) => withSandbox(params, async (sandbox) => (await run(sandbox, ["echo", "works"])).stdout);
const policy = (headers, params = {}) => new ExperimentalOutboundPolicy().withHeaderReplacement({ domain: "api.example.com", headers, ...params });
const many = (count) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`x-header-${i}`, "value"]));

await report({
  proxy: async () => works({ proxy: await client.proxies.fromName("static") }),
  proxyUnknown: () => failure(() => works({ proxy: { proxyId: "pr-0000000000000000000000" } })),
  i6pn: () => works({ i6pn: true }),
  i6pnBlocked: () => works({ i6pn: true, outboundCidrAllowlist: [] }),
  customDomain: () => works({ customDomain: "example.com" }),
  identity: () => works({ includeOidcIdentityToken: true }),
  runtime: () => works({ runtime: "vm" }),

  outboundPolicy: async () => {
    const secret = await client.secrets.fromName("warehouse");
    return withSandbox({ experimentalOutboundPolicy: policy({ authorization: "Bearer $WAREHOUSE_KEY", "x-cost": "$$5" }, { secret }) }, async (sandbox) => {
      await sandbox.experimentalUpdateOutboundPolicy(policy({ authorization: "none" }));
      return await failure(() => sandbox.experimentalUpdateOutboundPolicy(policy(many(26))));
    });
  },
  outboundPolicyLater: () => withSandbox({}, (sandbox) => failure(() => sandbox.experimentalUpdateOutboundPolicy(policy({ authorization: "x" })))),
  outboundPolicyMax: () => works({ experimentalOutboundPolicy: policy(many(25)) }),
  outboundPolicyWithDomains: () => failure(() => works({ experimentalOutboundPolicy: policy({ a: "b" }), outboundDomainAllowlist: ["example.com"] })),
  outboundPolicyBlocked: () => failure(() => works({ experimentalOutboundPolicy: policy({ a: "b" }), blockNetwork: true })),

  // What the SDK itself would not send.
  outboundPolicyForeignSecret: () => failure(() => works({ experimentalOutboundPolicy: fake([{ domain: "a.example", secretId: "st-0000000000000000000000", headers: { a: "$KEY" } }]) })),
  outboundPolicyTooMany: () => failure(() => works({ experimentalOutboundPolicy: fake([{ domain: "a.example", secretId: "", headers: many(26) }]) })),
  outboundPolicyBadDomain: () => failure(() => works({ experimentalOutboundPolicy: fake([{ domain: "http://a", secretId: "", headers: { a: "b" } }]) })),
  outboundPolicyBadHeader: () => failure(() => works({ experimentalOutboundPolicy: fake([{ domain: "a.example", secretId: "", headers: { "a b": "c" } }]) })),
  outboundPolicyWithoutSecret: () => failure(() => works({ experimentalOutboundPolicy: fake([{ domain: "a.example", secretId: "", headers: { a: "$KEY" } }]) })),
});

/** A policy that the SDK passes on as it is. */
function fake(headerReplacements) {
  return { _validate() {}, _secrets: () => [], _toProto: () => ({ headerReplacements }) };
}
