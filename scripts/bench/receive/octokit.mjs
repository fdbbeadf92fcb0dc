// @octokit/webhooks' own receiver. It verifies and answers; it stores nothing.
import { createServer } from "node:http";
import { Webhooks, createNodeMiddleware } from "@octokit/webhooks";

const webhooks = new Webhooks({ secret: process.env.SECRET });
webhooks.onAny(() => {});
const server = createServer(createNodeMiddleware(webhooks, { path: "/" }));
server.keepAliveTimeout = 600_000; // the load generator comes back to its connections after others' turns
server.listen(Number(process.env.PORT), "127.0.0.1");
