// Two ways to steer the server: by its methods, and by the control API that is named after them.
import type { MockAuthServer, MockGate } from 'everbearer/mock'
import type { Steering } from './contract-setup.ts'

export function steerDirectly(server: MockAuthServer): Steering {
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

export function steerByRequests(url: string): Steering {
  const ask = async (method: string, name: string, body?: object) => {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) }
    const response = await fetch(`${url}/__mock/${name}`, init)
    const text = await response.text()
    if (!response.ok) throw new Error(text)
    return text === '' ? undefined : JSON.parse(text)
  }
  const tell = (name: string, body?: object) => ask('POST', name, body)
  return {
    rotateKey: () => tell('rotate-key'),
    retireKey: (kid) => tell('retire-key', { kid }),
    revokeAccessTokens: () => tell('revoke-access-tokens'),
    endSessions: () => tell('end-sessions'),
    failNext: (endpoint, fault, options) => tell('fail-next', { endpoint, fault, ...options }),
    hold: async (endpoint, after) => (await tell('hold', { endpoint, after })).gate,
    arrived: (gate, count) => tell('arrived', { gate, count }),
    release: (gate) => tell('release', { gate }),
    advance: (seconds) => tell('advance', { seconds }),
    idle: () => tell('idle'),
    reset: () => tell('reset'),
    calls: () => ask('GET', 'calls'),
    violations: () => ask('GET', 'violations')
  }
}
