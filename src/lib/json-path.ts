// JSON path: reads one value of a parsed body by a dotted path, such as `data.tokens.0.value`.

/**
 * `undefined` if the path leads nowhere. Reads own properties only, because `Object.prototype` may
 * be polluted.
 */
export function readPath(body: unknown, path: string): unknown {
  const at = locate(body, path)
  return at && Reflect.get(...at)
}

/** The member to which the path leads, as its holder and its name. */
export function locate(
  body: unknown,
  path: string
): readonly [holder: object, name: string] | undefined {
  // A name that contains dots wins over a path.
  if (has(body, path)) return [body, path]
  const names = path.split('.')
  const last = names.pop() ?? ''
  let holder = body
  for (const name of names) holder = has(holder, name) ? Reflect.get(holder, name) : undefined
  return has(holder, last) ? [holder, last] : undefined
}

/** The first value that is neither missing nor `null`. */
export function readFirst(body: unknown, paths: readonly string[]): unknown {
  for (const path of paths) {
    const value = readPath(body, path)
    if (value !== undefined && value !== null) return value
  }
  return undefined
}

/** The text as JSON; `undefined` if it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The value as JSON; `undefined` if it is not JSON. */
export function toJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

function has(holder: unknown, name: string): holder is object {
  return typeof holder === 'object' && holder !== null && Object.hasOwn(holder, name)
}
