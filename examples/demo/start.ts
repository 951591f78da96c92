// The demo's front door: `npm start` runs both servers, says where to look, and cleans up on Ctrl-C.
import { demoUser } from './demo-facts.ts'
import { startDemo } from './demo-server.ts'

const demo = await startDemo()
const bold = (text: string) => (process.stdout.isTTY ? `\u001b[1m${text}\u001b[22m` : text)

console.log(`
  everbearer demo

  Open     ${bold(demo.pageUrl)}
  Sign in  ${demoUser.email} / ${demoUser.password} (filled in for you)

  The auth server is at ${demo.apiUrl}; its access tokens live for 30 seconds. Ctrl-C ends both.
`)

let isClosing = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // npm hands Ctrl-C on a second time.
    if (isClosing) return
    isClosing = true
    void demo.close().then(() => process.exit(0))
  })
}
