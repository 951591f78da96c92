// Contract, fetch and axios in Node: they have no cookie jar, so the server emulates one.
import axios from 'axios'
import type { Send } from './setup/contract-setup.ts'
import { createPair, handlersFor, origins, sendTo } from './setup/in-process-servers.ts'
import { interceptWith, mswMajor } from './setup/msw-network.ts'
import { sendByFetch } from './setup/page-clients.ts'
import { testAdapter } from './setup/run-contract.ts'
import { controlDirectly } from './setup/server-controls.ts'

const pair = createPair({ pageOrigin: origins.home })
const mock = controlDirectly(pair.server)
interceptWith(handlersFor(pair, origins.home))

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

const setup = (send: Send) => ({ send, mock, ...origins })
testAdapter(`msw-${mswMajor}-node-fetch`, () => setup(sendByFetch))
testAdapter(`msw-${mswMajor}-node-http`, () => setup(sendByHttp))
if (mswMajor === '3') testAdapter('fetch-node', () => setup(sendTo(pair)))
