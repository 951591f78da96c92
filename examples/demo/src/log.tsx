// Log: one sentence per event, newest first.
import { memo } from 'react'
import { type LogEntry, useHistory } from './history/history.ts'

export const Log = memo(function Log() {
  const log = useHistory((history) => history.log)
  return (
    <section className="card log" aria-labelledby="log-title">
      <div className="log-head">
        <h2 id="log-title">Log</h2>
        <p>newest first</p>
      </div>
      <ol data-testid="log" role="log" aria-live="polite" aria-relevant="additions">
        {log.map((entry) => (
          <Line key={entry.id} entry={entry} />
        ))}
      </ol>
    </section>
  )
})

const Line = memo(function Line({ entry: { atMs, tone, text } }: { readonly entry: LogEntry }) {
  const time = new Date(atMs)
  return (
    <li data-tone={tone}>
      <time dateTime={time.toISOString()}>{time.toLocaleTimeString('en-GB')}</time>
      <span>{text}</span>
    </li>
  )
})
