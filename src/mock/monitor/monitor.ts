// Monitor: turns calls into security events, and detects spikes of them.
import type { MockCall } from '../calls/call.ts'
import { isTokenRefusal } from '../calls/outcomes.ts'
import type { MockSpike } from '../options/monitor.ts'
import type { Events, MockEvents, SpikeKind } from './events.ts'

export interface Monitor {
  observe(call: MockCall): void
  reset(): void
}

export interface MonitorDeps {
  readonly spike: Required<MockSpike>
  readonly events: Pick<Events, 'emit'>
}

export function createMonitor({ spike, events }: MonitorDeps): Monitor {
  const times = new Map<SpikeKind, number[]>()
  const spiking = new Set<SpikeKind>()

  function count(kind: SpikeKind, atMs: number): void {
    const since = atMs - spike.withinSeconds * 1000
    // After the clock moves back, ignore events with future timestamps.
    const recent = [...(times.get(kind) ?? []), atMs].filter((time) => time > since && time <= atMs)
    times.set(kind, recent.slice(-spike.count))
    if (recent.length < spike.count) {
      spiking.delete(kind)
    } else if (!spiking.has(kind)) {
      spiking.add(kind)
      events.emit('spike', {
        atMs,
        of: kind,
        count: recent.length,
        withinSeconds: spike.withinSeconds
      })
    }
  }

  function report<Kind extends SpikeKind>(kind: Kind, event: MockEvents[Kind]): void {
    events.emit(kind, event)
    count(kind, event.atMs)
  }

  return {
    observe({ endedAtMs = 0, route, outcome, origin, sub, sid, kid, jti }) {
      const noticed = { atMs: endedAtMs, route, ...(origin === undefined ? {} : { origin }) }
      const who = sub === undefined ? {} : { sub }
      const token = jti === undefined ? {} : { jti }
      if (outcome === 'bad_credentials') report('login-failed', { ...noticed, ...who })
      if (outcome === 'cross_site' || outcome === 'csrf_mismatch') report('request-forged', noticed)
      if (outcome === 'refresh_reused' && sub !== undefined && sid !== undefined) {
        report('refresh-reused', { ...noticed, sub, sid })
      }
      if (outcome === 'unknown_subject' && sub !== undefined && kid !== undefined) {
        report('unknown-subject', { ...noticed, kid, sub, ...token })
      }
      if (isTokenRefusal(outcome) && outcome !== 'missing_token' && outcome !== 'token_expired') {
        report('token-refused', {
          ...noticed,
          reason: outcome,
          ...(kid === undefined ? {} : { kid }),
          ...who,
          ...(sid === undefined ? {} : { sid }),
          ...token
        })
      }
    },
    reset() {
      times.clear()
      spiking.clear()
    }
  }
}
