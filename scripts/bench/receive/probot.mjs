// Probot's own server. It verifies and answers; it stores nothing. The App's
// key signs nothing here: it is made anew, since no call to GitHub follows.
import { generateKeyPairSync } from "node:crypto";
import { Server, Probot } from "probot";

const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs1", format: "pem" },
  publicKeyEncoding: { type: "pkcs1", format: "pem" },
});
const server = new Server({
  host: "127.0.0.1",
  port: Number(process.env.PORT),
  webhookPath: "/",
  Probot: Probot.defaults({ appId: 1, privateKey, secret: process.env.SECRET, logLevel: "fatal" }),
});
await server.load((app) => { app.onAny(() => {}); });
await server.start();
