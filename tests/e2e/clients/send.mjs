// Sends events through the unmodified @segment/analytics-node: node send.mjs HOST WRITE_KEY COUNT
import { Analytics } from '@segment/analytics-node'

const [host, writeKey, count] = process.argv.slice(2)
const analytics = new Analytics({ host, writeKey, flushAt: 20, maxRetries: 3 })
const failures = []
analytics.on('error', (error) => failures.push(String(error.code ?? error)))

analytics.identify({ userId: 'node-user', traits: { email: 'node@example.com', plan: 'Pro' } })
analytics.group({ userId: 'node-user', groupId: 'node-org', traits: { name: 'Node Org' } })
for (let i = 0; i < Number(count) - 2; i++) {
  analytics.track({ userId: 'node-user', event: 'Node Event', properties: { i } })
}
await analytics.closeAndFlush({ timeout: 60000 })
if (failures.length) {
  console.error(failures)
  process.exit(1)
}
