// Seam's own fake with an igloohome lock in it, on loopback only: by itself it listens on every address.
import net from "node:net";

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (port, ...rest) {
  const wanted = typeof port === "number" && typeof rest[0] !== "string" ? [port, "127.0.0.1", ...rest] : [port, ...rest];
  return listen.apply(this, wanted);
};

const { createFake } = await import("@seamapi/fake-seam-connect");
const fake = await createFake();
const seed = await fake.seed();
const workspace_id = seed.seed_workspace_1;
const account = fake.database.addConnectedAccount({
  provider: "igloohome",
  workspace_id,
  user_identifier: { email: "owner@example.com" },
});
const device = fake.database.addDevice({
  connected_account_id: account.connected_account_id,
  device_type: "igloohome_lock",
  name: "Loft",
  display_name: "Loft",
  workspace_id,
  can_remotely_lock: true,
  can_remotely_unlock: true,
  can_program_online_access_codes: true,
  properties: {
    name: "Loft",
    manufacturer: "igloohome",
    locked: true,
    offline_access_codes_enabled: true,
    igloohome_metadata: { device_id: "IGP1", device_name: "Loft", bridge_id: "EB1", bridge_name: "Loft bridge" },
  },
});
await fake.startServer({ port: Number(process.env.PORT), baseUrl: `http://127.0.0.1:${process.env.PORT}` });
console.log(JSON.stringify({ device: device.device_id, account: account.connected_account_id, key: seed.seam_apikey1_token }));
