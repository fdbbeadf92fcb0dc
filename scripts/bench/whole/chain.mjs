// The chain that a team would build instead: octokit's receiver, 1,000 rules of
// json-rules-engine, and octokit's client for the same three calls that ours
// makes. It stores nothing, keeps no audit record and survives no crash.
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { Webhooks, createNodeMiddleware } from "@octokit/webhooks";
import { Octokit } from "@octokit/core";
import { Engine } from "json-rules-engine";

const engine = new Engine(JSON.parse(readFileSync(process.env.RULES)));
const octokit = new Octokit({ auth: process.env.TOKEN, baseUrl: process.env.GITHUB, log: { debug() {}, info() {}, warn() {}, error: console.error } });
const webhooks = new Webhooks({ secret: process.env.SECRET });

webhooks.onAny(async ({ name, payload }) => {
  const { events } = await engine.run({ type: `${name}.${payload.action}`, event: payload });
  for (const { params } of events) {
    const at = { owner: payload.repository.owner.login, repo: payload.repository.name, issue_number: payload.issue.number };
    const issue = "GET /repos/{owner}/{repo}/issues/{issue_number}";
    const { data } = await octokit.request(issue, at);
    if (data.labels.some((l) => l.name === params.label)) continue;
    await octokit.request("POST /repos/{owner}/{repo}/issues/{issue_number}/labels", { ...at, labels: [params.label] });
    await octokit.request(issue, at);
  }
});
webhooks.onError((error) => console.error(error.message));
const server = createServer(createNodeMiddleware(webhooks, { path: "/" }));
server.keepAliveTimeout = 600_000; // the load generator comes back to its connections after others' turns
server.listen(Number(process.env.PORT), "127.0.0.1", () => console.log("ready"));
