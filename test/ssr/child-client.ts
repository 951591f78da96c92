// Child process: uses a client without `dispose()` and then ends. It starts its own server unless
// it gets a URL.
import { createAuthClient } from '../../src/index.ts'
import { listen } from '../../src/mock/adapters/node.ts'
import { createMockAuthServer } from '../../src/mock/index.ts'
import { createCookieFetch } from '../support/cookie-fetch.ts'

const [givenUrl] = process.argv.slice(2)
const own = givenUrl === undefined ? await listen(createMockAuthServer()) : undefined
const auth = createAuthClient({
  baseURL: own?.url ?? givenUrl ?? '',
  spreadRefreshes: false,
  platform: { fetch: createCookieFetch() }
})
const seen: string[] = []
auth.on('signed-in', ({ token }) => {
  seen.push(token.refreshAtMs === undefined ? 'nothing planned' : 'a refresh is planned')
})
await auth.login({ email: 'ada@example.com', password: 'lovelace' })
const answers = await Promise.all([1, 2, 3].map(() => auth.axios.get('/me')))
await auth.refresh()
await own?.close()
console.log([...seen, ...answers.map(({ status }) => status), auth.getState().status].join(', '))
