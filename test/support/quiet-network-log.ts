// happy-dom prints every refused request past vitest's own capture, as a browser's console does: a thousand lines a storm.
export {}

const write = process.stderr.write.bind(process.stderr)
const refusedRequest = /^(GET|POST) \S+ 4\d\d \(.*\)\n$/

process.stderr.write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean =>
  typeof chunk === 'string' && refusedRequest.test(chunk) ? true : write(chunk, ...(rest as []))
