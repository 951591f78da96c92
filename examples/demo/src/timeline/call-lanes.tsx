// Lanes of the calls: the server's answers with refusals, and the results that the app receives.
import { memo, useMemo } from 'react'
import type { ServerCall } from '../../demo-facts.ts'
import { useHistory } from '../history/history.ts'
import { type Cluster, clusterCalls } from './clusters.ts'
import { useKeyColour } from './key-colour.ts'
import { fitLabels } from './room.ts'
import { at } from './scale.ts'

interface LaneProps {
  readonly pxPerSecond: number
}

export const ServerLane = memo(function ServerLane({ pxPerSecond }: LaneProps) {
  const calls = useHistory((history) => history.serverCalls)
  const colourOf = useKeyColour()
  const clusters = useMemo(() => {
    const all = clusterCalls(calls, kindOf, hasLabel).map(toAnswer)
    const [upper, lower] = [all.filter(isUpper), all.filter((one) => !isUpper(one))]
    return [...fitLabels(lower, pxPerSecond), ...fitLabels(upper, pxPerSecond)]
  }, [calls, pxPerSecond])
  return (
    <div className="lane lane-server">
      {clusters.map(({ key, atMs, kind, kid, label }) => (
        <span
          key={key}
          className={`call ${kind === 'refusal' ? '' : colourOf(kid)}`}
          data-kind={kind}
          style={at(atMs)}
        >
          {label}
        </span>
      ))}
    </div>
  )
})

interface Answer {
  readonly key: string
  readonly atMs: number
  readonly kind: 'refusal' | 'reissue' | 'answer'
  readonly kid: string | undefined
  readonly label: string
}

function toAnswer({ atMs, kind, items }: Cluster<ServerCall>): Answer {
  const [first] = items
  const key = `${first?.index} ${kind}`
  if (first?.status === 401) {
    return { key, atMs, kind: 'refusal', kid: undefined, label: `401${times(items.length)}` }
  }
  return first?.reissuedKid === undefined
    ? { key, atMs, kind: 'answer', kid: first?.kid, label: crowd(items.length) }
    : {
        key,
        atMs,
        kind: 'reissue',
        kid: first.reissuedKid,
        label: `new token${times(items.length)}`
      }
}

function isUpper({ kind }: Answer): boolean {
  return kind !== 'answer'
}

export const AppLane = memo(function AppLane({ pxPerSecond }: LaneProps) {
  const calls = useHistory((history) => history.appCalls)
  const clusters = useMemo(
    () =>
      fitLabels(
        clusterCalls(calls, ({ outcome }) => outcome).map((cluster) => ({
          ...cluster,
          label: crowd(cluster.items.length)
        })),
        pxPerSecond
      ),
    [calls, pxPerSecond]
  )
  return (
    <div className="lane lane-app">
      {clusters.map(({ atMs, kind, items, label }) => (
        <span key={`${items[0]?.id} ${kind}`} className="call" data-kind={kind} style={at(atMs)}>
          {label}
        </span>
      ))}
    </div>
  )
})

function hasLabel({ status, reissuedKid }: ServerCall): boolean {
  return status === 401 || reissuedKid !== undefined
}

function times(count: number): string {
  return count > 1 ? ` ×${count}` : ''
}

/** A burst shows its size. A few calls at the same moment, for example of two tabs, do not. */
function crowd(count: number): string {
  return count > 3 ? String(count) : ''
}

function kindOf({ status, kid = '', reissuedKid = '' }: ServerCall): string {
  return status === 401 ? '401' : `${status} ${kid} ${reissuedKid}`
}
