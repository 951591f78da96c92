// Counters since the page loaded. The large one counts failed requests.
import { memo } from 'react'
import { type Counts, useHistory } from './history/history.ts'

const others: readonly {
  readonly name: keyof Counts
  readonly one: string
  readonly many: string
}[] = [
  { name: 'requests', one: 'request sent', many: 'requests sent' },
  { name: 'refreshes', one: 'refresh', many: 'refreshes' },
  { name: 'reissues', one: 're-issue', many: 're-issues' },
  { name: 'tokens', one: 'token received', many: 'tokens received' },
  { name: 'signIns', one: 'sign-in', many: 'sign-ins' }
]

export const Counters = memo(function Counters() {
  const counts = useHistory((history) => history.counts)
  return (
    <section className="card counters" aria-labelledby="counters-title">
      <h2 id="counters-title">Since the page loaded</h2>
      <dl>
        <div className="counter is-failed" data-alarm={counts.failed > 0}>
          <dt>{counts.failed === 1 ? 'request failed' : 'requests failed'}</dt>
          <dd data-testid="count-failed">{counts.failed}</dd>
        </div>
        {others.map(({ name, one, many }) => (
          <div key={name} className="counter">
            <dt>{counts[name] === 1 ? one : many}</dt>
            <dd data-testid={`count-${name}`}>{counts[name]}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
})
