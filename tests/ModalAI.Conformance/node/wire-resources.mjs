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
};
