// @octokit/webhooks' own receiver. It verifies and answers; it stores nothing.
import { createServer } from "node:http";
import { Webhooks, createNodeMiddleware } from "@octokit/webhooks";

const webhooks = new Webhooks({ secret: process.env.SECRET });
webhooks.onAny(() => {});
createServer(createNodeMiddleware(webhooks, { path: "/" })).listen(Number(process.env.PORT), "127.0.0.1");
