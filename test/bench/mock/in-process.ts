// In-process benchmark: the time of a request through msw alone, through msw to the mock, and
// directly to the mock. Prints one line of JSON.
import { createMockAuthServer } from 'everbearer/mock'
import { createHandlers } from 'everbearer/mock/msw'
import { HttpResponse, http } from 'msw'
import { setupServer } from 'msw/node'

const rounds = 15
const requests = 200
const api = 'http://localhost:4000'

const server = createMockAuthServer()
const network = setupServer(
  ...createHandlers(server, { baseURL: api }),
  http.get(`${api}/floor`, ({ request }) =>
    HttpResponse.json({ seen: request.headers.has('authorization') })
  )
)
network.listen({ onUnhandledFrame: 'error' })

const json = { 'Content-Type': 'application/json' }
const body = JSON.stringify({ email: 'ada@example.com', password: 'lovelace' })
const login = await server.fetch(
  new Request(`${api}/login`, { method: 'POST', headers: json, body })
)
const headers = { authorization: `Bearer ${(await login.json()).access_token}` }

const ways: Readonly<Record<string, () => Promise<Response>>> = {
  'msw alone, a constant answer': () => fetch(`${api}/floor`, { headers }),
  'everbearer behind msw, GET /me': () => fetch(`${api}/me`, { headers }),
  'everbearer by server.fetch, GET /me': () => server.fetch(new Request(`${api}/me`, { headers }))
}

const times = new Map(Object.keys(ways).map((name) => [name, [] as number[]]))
for (let round = 0; round < rounds; round += 1) {
  for (const [name, ask] of Object.entries(ways)) {
    const startedAtMs = performance.now()
    for (let request = 0; request < requests; request += 1) {
      const response = await ask()
      if (response.status !== 200) throw new Error(`${name}: ${response.status}`)
      await response.arrayBuffer()
    }
    times.get(name)?.push(((performance.now() - startedAtMs) * 1000) / requests)
  }
  server.reset()
  const again = await server.fetch(
    new Request(`${api}/login`, { method: 'POST', headers: json, body })
  )
  headers.authorization = `Bearer ${(await again.json()).access_token}`
}
network.close()
process.stdout.write(`${JSON.stringify([...times])}\n`)
