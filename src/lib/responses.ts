// Responses: recognises redirects, and reads bodies up to a limit.

/** Larger bodies are not read. */
export const longestBodyBytes = 1_048_576

const redirectStatuses: readonly number[] = [301, 302, 303, 307, 308]

/** A page gets an opaque answer; Node gets the answer itself. */
export function isRedirect({ type, status, headers }: Response): boolean {
  return type === 'opaqueredirect' || (redirectStatuses.includes(status) && headers.has('Location'))
}

/** A body that is read in parts, so that the limit holds while it is read. */
interface OpenBody {
  read(): Promise<{ readonly done?: boolean; readonly value?: Uint8Array | undefined }>
  cancel(): Promise<unknown>
}

/** `undefined` if there is no body, or if it can only be read as a whole, as in React Native. */
export function openBody({ body }: Pick<Response, 'body'>): OpenBody | undefined {
  if (typeof body?.getReader === 'function') return body.getReader()
  // The body of a replaced `fetch` may be a stream of Node.
  const chunks: AsyncIterator<Uint8Array> | undefined = body?.[Symbol.asyncIterator]?.()
  return chunks && { read: () => chunks.next(), cancel: async () => chunks.return?.() }
}

/** Reads a body as text. Empty if it is too long; the rest of it is then cancelled. */
export async function readText(body: OpenBody): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for (;;) {
    const { done, value } = await body.read()
    if (done) return text + decoder.decode()
    bytes += value?.byteLength ?? 0
    if (bytes > longestBodyBytes) {
      body.cancel().catch(() => {})
      return ''
    }
    text += decoder.decode(value, { stream: true })
  }
}
