// The contract in Node: clients without a cookie jar, which the server's own stands in for.
import axios from 'axios'
import type { Send } from './setup/contract-setup.ts'
import { createPair, handlersFor, places, sendTo } from './setup/in-process-servers.ts'
import { interceptWith, mswMajor } from './setup/msw-network.ts'
import { sendByFetch } from './setup/page-clients.ts'
import { itHoldsThrough } from './setup/run-contract.ts'
import { steerDirectly } from './setup/server-controls.ts'

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

const bed = (send: Send) => ({ send, mock, ...places })
itHoldsThrough(`msw-${mswMajor}-node-fetch`, () => bed(sendByFetch))
itHoldsThrough(`msw-${mswMajor}-node-http`, () => bed(sendByHttp))
if (mswMajor === '3') itHoldsThrough('fetch-node', () => bed(sendTo(pair)))
