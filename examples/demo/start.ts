// Entry of `npm start`: runs the page and the auth server, prints the address, and closes both on
// Ctrl-C.
import { demoUser } from './demo-facts.ts'
import { startDemo } from './demo-server.ts'

const demo = await startDemo()
const bold = (text: string) => (process.stdout.isTTY ? `\u001b[1m${text}\u001b[22m` : text)

console.log(`
  everbearer demo

  Open     ${bold(demo.pageUrl)}
  Sign in  ${demoUser.email} / ${demoUser.password} (already filled in)

  Auth server: ${demo.apiUrl}. Access tokens live for 30 seconds. Press Ctrl-C to stop.
`)

let isClosing = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // npm forwards Ctrl-C, so the signal arrives twice.
    if (isClosing) return
    isClosing = true
    void demo.close().then(() => process.exit(0))
  })
}
