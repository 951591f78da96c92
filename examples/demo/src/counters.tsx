// The counters since the page loaded; the one that matters is the big zero.
import { memo, type NamedExoticComponent } from 'react'
import { type Counts, useHistory } from './history.ts'

const others: readonly { readonly name: keyof Counts; readonly label: string }[] = [
  { name: 'requests', label: 'requests sent' },
  { name: 'refreshes', label: 'refreshes' },
  { name: 'reissues', label: 're-issues' },
  { name: 'tokens', label: 'tokens held' },
  { name: 'signIns', label: 'sign-ins' }
]

export const Counters: NamedExoticComponent = memo(function Counters() {
  const counts = useHistory((history) => history.counts)
  return (
    <section className="card counters" aria-labelledby="counters-title">
      <h2 id="counters-title">Since the page loaded</h2>
      <dl>
        <div className="counter is-failed" data-alarm={counts.failed > 0}>
          <dt>{counts.failed === 1 ? 'request failed' : 'requests failed'}</dt>
          <dd data-testid="count-failed">{counts.failed}</dd>
        </div>
        {others.map(({ name, label }) => (
          <div key={name} className="counter">
            <dt>{label}</dt>
            <dd data-testid={`count-${name}`}>{counts[name]}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
})
