// JSON body: builds a body from values at dotted paths, such as `data.tokens.0.value`.

/** A value and its place. A number in the path is an index. */
export type PlacedValue = readonly [path: string, value: unknown]

type Node = Record<string, unknown>

/** A path with a greater index names the member of an object, so that no array becomes huge. */
const greatestIndex = 99

/** Builds the body. A value may lie inside of an object that was placed before it. */
export function buildBody(values: readonly PlacedValue[]): unknown {
  const root = newNode()
  for (const [path, value] of values) {
    const names = path.split('.')
    const last = names.pop() ?? ''
    const node = names.reduce(enter, root)
    node[last] = isObject(value) ? newNode(value) : value
  }
  return withArrays(root)
}

/** The value at a path. A member with the whole path as its name wins. */
export function valueAt(body: unknown, path: string): unknown {
  if (isMember(body, path)) return body[path]
  return path
    .split('.')
    .reduce((node, name) => (isMember(node, name) ? node[name] : undefined), body)
}

/** A copy with the value at a path, unless the path has a value already. */
export function withValueAt(body: Readonly<Node>, path: string, value: unknown): Readonly<Node> {
  if (valueAt(body, path) !== undefined) return body
  const [name = '', ...rest] = path.split('.')
  const inner = body[name]
  const isLast = rest.length === 0
  const placed = isLast ? value : withValueAt(isObject(inner) ? inner : {}, rest.join('.'), value)
  return { ...body, [name]: placed }
}

/** Two places that exclude each other: equal ones, or one inside of the other. */
export function findOverlap(
  paths: readonly string[]
): readonly [outer: string, inner: string] | undefined {
  for (const [index, inner] of paths.entries()) {
    const outer = paths.find(
      (other, at) => at !== index && (inner === other || inner.startsWith(`${other}.`))
    )
    if (outer !== undefined) return [outer, inner]
  }
  return undefined
}

/** Without a prototype, a name such as `__proto__` is an ordinary one. */
function newNode(members: object = {}): Node {
  return Object.assign(Object.create(null), members)
}

function enter(node: Node, name: string): Node {
  const inner = node[name]
  if (isObject(inner)) return inner
  const created = newNode()
  node[name] = created
  return created
}

/** An object with indexes only becomes an array. Missing items are `null`. */
function withArrays(value: unknown): unknown {
  if (!isObject(value) || Object.getPrototypeOf(value) !== null) return value
  const entries = Object.entries(value).map(([name, inner]) => [name, withArrays(inner)] as const)
  const isList = entries.length > 0 && entries.every(([name]) => isIndex(name))
  if (!isList) return Object.assign(newNode(), Object.fromEntries(entries))
  const items: unknown[] = []
  for (const [index, item] of entries) items[Number(index)] = item
  return Array.from(items, (item) => item ?? null)
}

function isIndex(name: string): boolean {
  return /^(?:0|[1-9]\d*)$/.test(name) && Number(name) <= greatestIndex
}

function isMember(value: unknown, name: string): value is Node {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
}

function isObject(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
