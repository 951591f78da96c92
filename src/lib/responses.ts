// Responses: recognises redirects, and reads bodies up to a limit.

/** Larger bodies are not read. */
export const longestBodyBytes = 1_048_576

const redirectStatuses: readonly number[] = [301, 302, 303, 307, 308]

/** A page gets an opaque answer; Node gets the answer itself. */
export function isRedirect({ type, status, headers }: Response): boolean {
  return type === 'opaqueredirect' || (redirectStatuses.includes(status) && headers.has('Location'))
}

/** Reads a body as text. Empty if it is too long. */
export async function readText(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    bytes += value.byteLength
    if (bytes > longestBodyBytes) {
      reader.cancel().catch(() => {})
      return ''
    }
    text += decoder.decode(value, { stream: true })
  }
}
