// Server controls: call the methods of the server directly, or through its control API.
import type { MockAuthServer, MockGate } from 'everbearer/mock'
import type { ServerControls } from './contract-setup.ts'

export function controlDirectly(server: MockAuthServer): ServerControls {
  const gates = new Map<string, MockGate>()
  return {
    rotateKey: async () => server.rotateKey(),
    retireKey: async (kid) => server.retireKey(kid),
    revokeAccessTokens: async () => server.revokeAccessTokens(),
    endSessions: async () => server.endSessions(),
    failNext: async (...given) => void server.failNext(...given),
    async hold(endpoint, after = 'arrival') {
      const name = String(gates.size)
      gates.set(name, server.hold(endpoint, { after }))
      return name
    },
    arrived: async (gate, count) => gates.get(gate)?.arrived(count),
    release: async (gate) => gates.get(gate)?.release(),
    advance: async (seconds) => server.clock.advance(seconds),
    idle: () => server.idle(),
    reset: async () => server.reset(),
    calls: async () => server.calls,
    violations: async () => server.violations
  }
}

export function controlByRequests(url: string): ServerControls {
  const send = async (method: string, name: string, body?: object) => {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) }
    const response = await fetch(`${url}/__mock/${name}`, init)
    const text = await response.text()
    if (!response.ok) throw new Error(text)
    return text === '' ? undefined : JSON.parse(text)
  }
  const post = (name: string, body?: object) => send('POST', name, body)
  return {
    rotateKey: () => post('rotate-key'),
    retireKey: (kid) => post('retire-key', { kid }),
    revokeAccessTokens: () => post('revoke-access-tokens'),
    endSessions: () => post('end-sessions'),
    failNext: (endpoint, fault, options) => post('fail-next', { endpoint, fault, ...options }),
    hold: async (endpoint, after) => (await post('hold', { endpoint, after })).gate,
    arrived: (gate, count) => post('arrived', { gate, count }),
    release: (gate) => post('release', { gate }),
    advance: (seconds) => post('advance', { seconds }),
    idle: () => post('idle'),
    reset: () => post('reset'),
    calls: () => send('GET', 'calls'),
    violations: () => send('GET', 'violations')
  }
}
