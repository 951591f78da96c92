// Server-sent events over `auth.fetch`: an EventSource cannot send the header, and a token must not
// be in a URL.
import type { AuthClient } from 'everbearer'

export interface ServerSentEvent {
  readonly type: string
  readonly data: string
  readonly lastEventId: string
}

/**
 * Yields the events of a stream as an EventSource does (HTML standard, section 9.2), until the
 * server answers 204. When a stream ends, it is reopened with `Last-Event-ID` and the current
 * token.
 *
 * @throws the signal's reason after an abort, and the errors of `auth.fetch`
 */
export async function* readEvents(
  auth: Pick<AuthClient, 'fetch'>,
  url: string,
  signal: AbortSignal
): AsyncGenerator<ServerSentEvent> {
  let lastEventId = ''
  let retryMs = 3_000
  for (;;) {
    const headers = new Headers({ Accept: 'text/event-stream' })
    if (lastEventId !== '') headers.set('Last-Event-ID', lastEventId)
    const response = await auth.fetch(url, { headers, signal, cache: 'no-store' })
    if (response.status === 204) return
    if (!response.ok || response.body === null) throw new Error(`Status ${response.status}`)
    let type = ''
    let data: string[] = []
    for await (const line of readLines(response.body)) {
      const [field = '', value = ''] = line.split(/: ?(.*)/s)
      if (line === '') {
        if (data.length > 0) yield { type: type || 'message', data: data.join('\n'), lastEventId }
        type = ''
        data = []
      } else if (field === 'event') type = value
      else if (field === 'data') data.push(value)
      else if (field === 'id') lastEventId = value
      else if (field === 'retry' && /^\d+$/.test(value)) retryMs = Number(value)
    }
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', end)
        resolve()
      }
      const timer = setTimeout(end, retryMs)
      signal.addEventListener('abort', end)
    })
  }
}

async function* readLines(body: NonNullable<Response['body']>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      // A carriage return at the end of a chunk may be the first half of a line break.
      const lines = (rest + value).split(/\r\n|\n|\r(?!$)/)
      rest = lines.pop() ?? ''
      yield* lines
    }
  } finally {
    await reader.cancel()
  }
}
