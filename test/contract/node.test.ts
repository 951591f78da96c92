// The contract in Node: clients without a cookie jar, which the server's own stands in for.
import axios from 'axios'
import type { Send } from './bed.ts'
import { sendByFetch } from './clients.ts'
import { createPair, handlersFor, places, todoHeaders } from './in-process.ts'
import { interceptWith, mswMajor } from './msw-network.ts'
import { itHoldsThrough } from './run.ts'
import { steerDirectly } from './steering.ts'

const pair = createPair({ pageOrigin: places.home })
const mock = steerDirectly(pair.server)
interceptWith(handlersFor(pair, places.home))

const sendByHttp: Send = async ({ method, url, headers = {}, body, signal }) => {
  const response = await axios.request({
    adapter: 'http',
    method,
    url,
    headers,
    responseType: 'text',
    transformResponse: (text) => text,
    validateStatus: () => true,
    ...(body === undefined ? {} : { data: body }),
    ...(signal === undefined ? {} : { signal })
  })
  const header = (name: string) => {
    const value: unknown = response.headers[name.toLowerCase()]
    return value === undefined ? null : String(value)
  }
  return { status: response.status, text: response.data, header }
}

/** `fetch` as a function: with this, no network is needed at all. */
const sendToServer: Send = async ({ method, url, headers = {}, body, ...rest }) => {
  const { credentials = 'include', signal } = rest
  const request = new Request(url, {
    method,
    headers,
    credentials,
    ...(body === undefined ? {} : { body }),
    ...(signal === undefined ? {} : { signal })
  })
  const { origin, pathname } = new URL(url)
  if (origin === places.elsewhere) throw new TypeError('nobody is there')
  const isStrict = origin === places.strict
  const answer =
    pathname === '/api/todos' ? todos : isStrict ? pair.strict.fetch : pair.server.fetch
  const response = await answer(request)
  const text = await response.text()
  return { status: response.status, text, header: (name) => response.headers.get(name) }
}
const todos = pair.server.protect((_request, { claims: { sub } }) =>
  Response.json([sub], { headers: todoHeaders })
)

const bed = (send: Send) => ({ send, mock, ...places })
itHoldsThrough(`msw-${mswMajor}-node-fetch`, () => bed(sendByFetch))
itHoldsThrough(`msw-${mswMajor}-node-http`, () => bed(sendByHttp))
if (mswMajor === '3') itHoldsThrough('fetch-node', () => bed(sendToServer))
