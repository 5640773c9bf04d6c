// Sends the calls of calls.json, and tracks that are numbered, through a Node SDK.
// node send.mjs PACKAGE LINE COUNT: LINE is JavaScript that requires the package and binds `analytics`.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [name, line, count] = process.argv.slice(2);
const installed = createRequire(import.meta.url);
// An older version of a package is installed under another name.
const analytics = new Function("require", `${line}; return analytics`)(() => installed(name));
analytics.on?.("error", (error) => {
  console.error(error);
  process.exitCode = 1;
});
for (const { type, ...call } of JSON.parse(readFileSync(new URL("calls.json", import.meta.url)))) {
  analytics[type](call.timestamp ? { ...call, timestamp: new Date(call.timestamp) } : call);
}
for (let i = 0; i < Number(count); i++) {
  analytics.track({ userId: "sdk-user", event: "Counted", properties: { i } });
}
if (analytics.closeAndFlush) {
  await analytics.closeAndFlush();
} else {
  while (analytics.queue.length) await analytics.flush();
}
