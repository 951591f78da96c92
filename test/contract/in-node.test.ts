// Contract, fetch and axios in Node: they have no cookie jar, so the server emulates one.
import axios from 'axios'
import type { Send } from './setup/contract-setup.ts'
import { createPair, handlersFor, origins, sendTo } from './setup/in-process-servers.ts'
import { interceptWith, mswMajor } from './setup/msw-network.ts'
import { sendByFetch } from './setup/page-clients.ts'
import { inEachDialect, testAdapter } from './setup/run-contract.ts'
import { controlDirectly } from './setup/server-controls.ts'

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

const byFetch = `msw-${mswMajor}-node-fetch`
const byHttp = `msw-${mswMajor}-node-http`
const byAdapter = mswMajor === '3' ? ['fetch-node'] : []

inEachDialect([byFetch, byHttp, ...byAdapter], (dialect) => {
  const pair = createPair(dialect, { pageOrigin: origins.home })
  const mock = controlDirectly(pair.server)
  interceptWith(handlersFor(pair, origins.home))
  testAdapter(byFetch, dialect, () => ({ send: sendByFetch, mock, ...origins }))
  testAdapter(byHttp, dialect, () => ({ send: sendByHttp, mock, ...origins }))
  for (const id of byAdapter) {
    testAdapter(id, dialect, () => ({ send: sendTo(pair), mock, ...origins }))
  }
})
